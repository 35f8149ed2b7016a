/**
 * The content of a Request or Response (Fetch standard, sections 2.2.4 and 5.3). A body is a string, bytes, or a
 * source of chunks; it becomes a stream only if a handler reads it as one. A Body may stand behind several
 * objects (`new Response(response.body)`), so being used is a property of the Body and not of the object.
 */
import { type ChunkSource, collect } from "./chunk-source.ts";
import { streams } from "./stream-support.ts";
import { teeSource } from "./tee-source.ts";
import { utf8Decode, utf8Encode } from "./utf8.ts";

export type BodySource = string | Uint8Array | ChunkSource;

export class Body {
  /** null: what `stream`, made by the handler, will yield. */
  source: BodySource | null;
  /** The content-type that goes with the source, unless the author gives another. */
  type: string | null;
  used = false;
  /** What `.body` returned, once it was asked for, or the stream that the body was made from. */
  stream: object | undefined = undefined;

  constructor(source: BodySource | null, type: string | null = null) {
    this.source = source;
    this.type = type;
  }
}

export function isUsed(body: Body): boolean {
  return body.used || (body.stream !== undefined && streams.isDisturbed(body.stream));
}

/** Throws unless the body can be read or handed on. */
export function assertUsable(body: Body, action: string): void {
  if (isUsed(body)) throw new TypeError(`${action}: the body has already been read`);
  if (body.stream !== undefined && streams.isLocked(body.stream)) {
    throw new TypeError(`${action}: the body is locked to a reader`);
  }
}

/** The body's content for a reader of ours; from then on it counts as used. */
export function takeSource(body: Body, action: string): BodySource {
  assertUsable(body, action);
  const { source, stream } = body;
  body.used = true;
  if (source === null) return streams.sourceOf(stream!);
  if (stream !== undefined) streams.lock(stream);
  return source;
}

/** Two bodies of the same content; a string or bytes are shared, as nobody changes them. */
export function teeBody(body: Body, action: string): [Body, Body] {
  assertUsable(body, action);
  const { source, type } = body;
  if (typeof source === "string" || source instanceof Uint8Array) return [body, new Body(source, type)];
  const [left, right] = teeSource(takeSource(body, action) as ChunkSource);
  return [new Body(left, type), new Body(right, type)];
}

/** A fresh array that the caller may give to the handler. */
export function readBytes(body: Body | null, action: string): Promise<Uint8Array> {
  if (body === null) return Promise.resolve(new Uint8Array(0));
  const source = takeSource(body, action);
  if (typeof source === "string") return Promise.resolve(utf8Encode(source.toWellFormed()));
  return source instanceof Uint8Array ? Promise.resolve(source.slice()) : collect(source);
}

export function readText(body: Body | null, action: string): Promise<string> {
  if (body === null) return Promise.resolve("");
  const source = takeSource(body, action);
  if (typeof source === "string") return Promise.resolve(decodedAgain(source));
  return source instanceof Uint8Array
    ? Promise.resolve(utf8Decode(source))
    : collect(source).then(utf8Decode);
}

/** What encoding to UTF-8 and decoding again would make of a text. */
function decodedAgain(text: string): string {
  const wellFormed = text.toWellFormed();
  return wellFormed.charCodeAt(0) === 0xfeff ? wellFormed.slice(1) : wellFormed;
}
