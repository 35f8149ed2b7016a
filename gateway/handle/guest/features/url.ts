/**
 * URL (URL standard, section 6.1): the engine's parser (the "url" extension, ada) behind a class of ours, which adds
 * what the extension lacks: searchParams, URL.parse, well-formed strings, and errors for wrong receivers.
 */
import { brand, defineGlobals } from "../global.ts";
import { urls } from "../http/url-support.ts";
import { URLSearchParams, linkParams, refillParams } from "../url/search-params.ts";

const Engine = (globalThis as unknown as { URL: typeof EngineURL }).URL;

export interface URL extends Pick<
  EngineURL,
  | "href"
  | "protocol"
  | "username"
  | "password"
  | "host"
  | "hostname"
  | "port"
  | "pathname"
  | "search"
  | "hash"
> {
  readonly origin: string;
}
export class URL {
  #url: EngineURL;
  #params: URLSearchParams | undefined = undefined;

  constructor(url: string, base?: string) {
    if (arguments.length === 0) throw new TypeError("URL: a URL is needed");
    this.#url = parse(`${url}`, base === undefined ? undefined : `${base}`);
  }

  get searchParams(): URLSearchParams {
    return (this.#params ??= linkParams(this.#url.search, (search) => (this.#url.search = search)));
  }

  toString(): string {
    return this.#url.href;
  }
  toJSON(): string {
    return this.#url.href;
  }

  static canParse(url: string, base?: string): boolean {
    return URL.parse(url, base) !== null;
  }

  static parse(url: string, base?: string): URL | null {
    try {
      return new URL(url, base);
    } catch {
      return null;
    }
  }

  static {
    const accessors = (name: "href") => ({
      get [name](): string {
        return (this as unknown as URL).#url[name];
      },
      set [name](value: string) {
        const self = this as unknown as URL;
        self.#url[name] = `${value}`.toWellFormed();
        if (self.#params) refillParams(self.#params, self.#url.search);
      },
    });
    const all = "href protocol username password host hostname port pathname search hash origin";
    for (const name of all.split(" ")) {
      const accessor = Object.getOwnPropertyDescriptor(accessors(name as "href"), name)!;
      if (name === "origin") delete accessor.set;
      Object.defineProperty(URL.prototype, name, accessor);
    }
  }
}

function parse(url: string, base: string | undefined): EngineURL {
  try {
    return base === undefined
      ? new Engine(url.toWellFormed())
      : new Engine(url.toWellFormed(), base.toWellFormed());
  } catch {
    const against = base === undefined ? "" : ` against the base ${shown(base)}`;
    throw new TypeError(`Invalid URL: ${shown(url)}${against}`);
  }
}

function shown(url: string): string {
  return JSON.stringify(url.length > 200 ? `${url.slice(0, 200)}...` : url);
}

brand(URL, "URL");
urls.parse = (text, base) => {
  try {
    return parse(text, base).href;
  } catch {
    return undefined;
  }
};
defineGlobals({ URL, URLSearchParams });
