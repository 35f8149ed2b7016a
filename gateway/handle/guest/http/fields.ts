/**
 * Headers as the text "name\nvalue\n...", which is what crosses to the host: what most responses ever need of them.
 */
import { headerName, headerValue, knownNames, knownValues } from "./header-syntax.ts";
import { type Headers, setIfAbsent } from "./headers.ts";

const { iterator } = Symbol;
const keysOf = Object.keys;

/**
 * The text for a plain record, without making a Headers; undefined for anything else. (Symbols for keys, which the
 * standard refuses, are not looked at here: nobody has them, and everybody would pay for the look.)
 */
export function fieldsOfRecord(init: unknown): string | undefined {
  if (typeof init !== "object" || init === null || iterator in init) return undefined;
  const keys = keysOf(init);
  let fields = "";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const given = (init as Record<string, unknown>)[key];
    const name = knownNames.get(key) ?? headerName(key);
    const value = knownValues.get(given as string) ?? headerValue(given, name);
    fields = i === 0 ? `${name}\n${value}` : `${fields}\n${name}\n${value}`;
  }
  return fields;
}

/** With a content-type, unless there is one already. */
export function withType(headers: Headers | string, type: string): Headers | string {
  if (typeof headers !== "string") {
    setIfAbsent(headers, "content-type", type);
    return headers;
  }
  if (headers === "") return `content-type\n${type}`;
  return hasType(headers) ? headers : `${headers}\ncontent-type\n${type}`;
}

function hasType(fields: string): boolean {
  if (fields.startsWith("content-type\n")) return true;
  if (!fields.includes("\ncontent-type\n")) return false;
  // As a name or as a value: only a look at the parts can tell.
  return fields.split("\n").some((part, index) => index % 2 === 0 && part === "content-type");
}
