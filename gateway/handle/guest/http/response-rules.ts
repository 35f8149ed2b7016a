/** What a response's status and its text may be ("initialize a response", Fetch standard section 5.5). */
import { isFieldText } from "./header-syntax.ts";

export function checkedStatus(status: unknown): number {
  if (typeof status === "number" && status >= 200 && status <= 599 && Number.isInteger(status)) return status;
  // Web IDL's unsigned short, for the values that matter.
  const code = Math.trunc(Number(status)) & 0xffff;
  if (code < 200 || code > 599) {
    throw new RangeError(`Response: the status must be between 200 and 599, not ${String(status)}`);
  }
  return code;
}

export function checkedStatusText(text: unknown): string {
  const checked = `${text as string}`;
  if (!isFieldText(checked))
    throw new TypeError("Response: the statusText has a character that is not allowed");
  return checked;
}

export function assertBodyAllowed(status: number): void {
  if (status === 204 || status === 205 || status === 304) {
    throw new TypeError(`Response: a response with status ${status} cannot have a body`);
  }
}
