/**
 * URL (URL standard, section 6.1): an object around its serialization. Its parts are slices of that, and setting one
 * is parsing again, which is left to the host unless the result is seen to be canonical (../url/parse-url.ts).
 */
import { brand, defineGlobals } from "../global.ts";
import { isCanonical, own, parseUrl, withPart } from "../url/parse-url.ts";
import { URLSearchParams, linkParams, refillParams } from "../url/search-params.ts";
import { PARTS, type UrlPart, hashStart, pathEnd, pathStart } from "../url/url-parts.ts";
import { toJson } from "../json.ts";

export interface URL extends Record<UrlPart, string> {}
export class URL {
  #href: string;
  #params: URLSearchParams | undefined = undefined;

  constructor(url: string, base?: string) {
    if (base === undefined && url === own.url) {
      this.#href = url;
      return;
    }
    const text = `${url}`.toWellFormed();
    const against = base === undefined ? undefined : `${base}`.toWellFormed();
    const href = parseUrl(text, against);
    if (href === undefined) throw invalid(text, against);
    this.#href = href;
  }

  get href(): string {
    return this.#href;
  }
  set href(value: string) {
    const text = `${value}`.toWellFormed();
    const href = parseUrl(text);
    if (href === undefined) throw invalid(text, undefined);
    this.#href = href;
    if (this.#params) refillParams(this.#params, PARTS.search(href));
  }

  get searchParams(): URLSearchParams {
    return (this.#params ??= linkParams(PARTS.search(this.#href), (text) => {
      this.#href = changed(this.#href, "search", text);
    }));
  }

  toString(): string {
    return this.#href;
  }
  toJSON(): string {
    return this.#href;
  }

  static canParse(url: string, base?: string): boolean {
    return (
      parseUrl(`${url}`.toWellFormed(), base === undefined ? undefined : `${base}`.toWellFormed()) !==
      undefined
    );
  }

  static parse(url: string, base?: string): URL | null {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }

  static {
    const accessor = (name: UrlPart, read: (href: string) => string) => ({
      get [name](): string {
        return read((this as unknown as URL).#href);
      },
      set [name](value: string) {
        const self = this as unknown as URL;
        self.#href = changed(self.#href, name, `${value}`.toWellFormed());
        if (self.#params) refillParams(self.#params, PARTS.search(self.#href));
      },
    });
    for (const name of Object.keys(PARTS) as UrlPart[]) {
      const property = Object.getOwnPropertyDescriptor(accessor(name, PARTS[name]), name)!;
      if (name === "origin") delete property.set;
      Object.defineProperty(URL.prototype, name, property);
    }
  }
}
brand(URL, "URL");

/** What cannot be set leaves the URL as it is. */
function changed(href: string, name: UrlPart, value: string): string {
  const simple = changedSimply(href, name, value);
  return simple !== undefined && isCanonical(simple) ? simple : (withPart(href, name, value) ?? href);
}

/** What setting a part comes to if the value has nothing special about it; the caller sees to that. */
function changedSimply(href: string, name: UrlPart, value: string): string | undefined {
  if (name === "hash") {
    const text = value.startsWith("#") ? value.slice(1) : value;
    return href.slice(0, hashStart(href)) + (text === "" ? "" : `#${text}`);
  }
  if (value.includes("#")) return undefined;
  const start = pathStart(href);
  const end = pathEnd(href, start);
  if (name === "search") {
    const text = value.startsWith("?") ? value.slice(1) : value;
    return href.slice(0, end) + (text === "" ? "" : `?${text}`) + href.slice(hashStart(href));
  }
  if (name !== "pathname" || !value.startsWith("/") || value.includes("?")) return undefined;
  return href.slice(0, start) + value + href.slice(end);
}

function invalid(url: string, base: string | undefined): TypeError {
  return new TypeError(
    `Invalid URL: ${shown(url)}${base === undefined ? "" : ` against the base ${shown(base)}`}`,
  );
}

function shown(url: string): string {
  return toJson(url.length > 200 ? `${url.slice(0, 200)}...` : url);
}

defineGlobals({ URL, URLSearchParams });
