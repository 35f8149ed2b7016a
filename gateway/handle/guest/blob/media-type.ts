/** A content-type taken apart (MIME Sniffing standard, section 4.4), in time linear in its length. */
import { isFieldText, isToken } from "../http/header-syntax.ts";

export interface MediaType {
  /** "type/subtype" in lower case. */
  essence: string;
  parameters: Map<string, string>;
}

/** Each alternative starts with another character: nothing to backtrack into. */
const PARAMETER = /;[\t\n\r ]*([^;=]*)(?:=(?:"((?:[^"\\]|\\[^])*)(?:"[^;]*|$)|([^;]*)))?/g;

export function parseMediaType(text: string): MediaType | undefined {
  const end = text.indexOf(";");
  const essence = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase();
  const [type, subtype, ...rest] = essence.split("/");
  if (!type || !subtype || rest.length > 0 || !isToken(type) || !isToken(subtype)) return undefined;
  const parameters = new Map<string, string>();
  if (end >= 0) {
    for (const [, name, quoted, plain] of text.slice(end).matchAll(PARAMETER)) {
      addParameter(parameters, name!.toLowerCase(), quoted?.replace(/\\([^])/g, "$1") ?? plain?.trimEnd());
    }
  }
  return { essence, parameters };
}

function addParameter(parameters: Map<string, string>, name: string, value: string | undefined): void {
  if (value === undefined || parameters.has(name) || !isToken(name) || !isFieldText(value)) return;
  parameters.set(name, value);
}

export function serializeMediaType({ essence, parameters }: MediaType): string {
  let text = essence;
  for (const [name, value] of parameters) {
    text += `;${name}=${isToken(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}
