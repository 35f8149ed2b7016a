/** What a request's method and options may be (Fetch standard, sections 2.2.1 and 5.4). */
import { isToken } from "./header-syntax.ts";
import { toJson } from "../json.ts";

const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];

export function checkedMethod(input: unknown): string {
  const method = `${input as string}`;
  if (NORMALIZED.includes(method)) return method;
  const upper = method.toUpperCase();
  if (!isToken(method) || FORBIDDEN.includes(upper)) {
    throw new TypeError(`Request: ${toJson(method.slice(0, 80))} is not a method that can be used`);
  }
  return NORMALIZED.includes(upper) ? upper : method;
}

export interface RequestOptions {
  redirect: string;
  mode: string;
  credentials: string;
  cache: string;
  referrer: string;
  referrerPolicy: string;
  integrity: string;
  keepalive: boolean;
}

export const DEFAULT_OPTIONS: RequestOptions = {
  redirect: "follow",
  mode: "cors",
  credentials: "same-origin",
  cache: "default",
  referrer: "about:client",
  referrerPolicy: "",
  integrity: "",
  keepalive: false,
};

const ALLOWED: Record<string, string[]> = {
  redirect: ["follow", "error", "manual"],
  mode: ["same-origin", "no-cors", "cors"],
  credentials: ["omit", "same-origin", "include"],
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
};

/** Only `redirect` changes what happens; the others are for browsers, and kept for who reads them back. */
export function checkedOptions(init: Partial<RequestOptions>, base: RequestOptions): RequestOptions {
  let options = base;
  for (const name of Object.keys(DEFAULT_OPTIONS) as (keyof RequestOptions)[]) {
    const given = init[name];
    if (given === undefined) continue;
    const value = name === "keepalive" ? Boolean(given) : `${given}`;
    if (ALLOWED[name] && !ALLOWED[name].includes(value as string)) {
      throw new TypeError(
        `Request: ${name} cannot be ${toJson(value)}; it is one of ${ALLOWED[name].join(", ")}`,
      );
    }
    options = { ...options, [name]: value };
  }
  return options;
}
