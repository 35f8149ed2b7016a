/** What an author may give as a body, made into one ("extract a body", Fetch standard section 5.2). */
import { Body, assertUsable } from "./body.ts";
import { streams } from "./stream-support.ts";

export const TEXT_TYPE = "text/plain;charset=UTF-8";

/** Kinds of bodies that features add: Blob, FormData, URLSearchParams. */
export interface BodyKind {
  is(value: object): boolean;
  extract(value: object): Body;
}

export const bodyKinds: BodyKind[] = [];

export function extractBody(init: unknown): Body | null {
  if (init === null || init === undefined) return null;
  if (typeof init !== "object") return new Body(`${init as string}`, TEXT_TYPE);
  if (init instanceof ArrayBuffer) return new Body(new Uint8Array(init.slice(0)));
  if (ArrayBuffer.isView(init)) {
    return new Body(new Uint8Array(init.buffer, init.byteOffset, init.byteLength).slice());
  }
  if (streams.isStream(init)) return bodyOfStream(init);
  for (const kind of bodyKinds) if (kind.is(init)) return kind.extract(init);
  return new Body(`${init as unknown as string}`, TEXT_TYPE);
}

function bodyOfStream(stream: object): Body {
  let body = streams.bodyOf(stream);
  if (!body) {
    body = new Body(null);
    body.stream = stream;
  }
  assertUsable(body, "This stream cannot be a body");
  return body;
}
