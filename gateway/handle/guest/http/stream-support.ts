/**
 * What the rest of the platform needs of streams. Without the streams feature a `.body` is an opaque token that
 * can be handed on (`new Response(response.body, response)`), which is all that most handlers do with it; the
 * feature, present when a handler mentions a way to read a stream, puts the real ones in its place.
 */
import { brand } from "../global.ts";
import type { Body } from "./body.ts";
import type { ChunkSource } from "./chunk-source.ts";

export interface StreamSupport {
  /** The stream that stands for a body. */
  streamOf(body: Body): object;
  /** The body that a stream stands for. */
  bodyOf(stream: object): Body | undefined;
  isStream(value: unknown): value is object;
  isDisturbed(stream: object): boolean;
  isLocked(stream: object): boolean;
  /** Makes a stream unusable for a handler, because its content is being read another way. */
  lock(stream: object): void;
  /** The chunks of a stream that a handler made. */
  sourceOf(stream: object): ChunkSource;
}

let isToken: (value: object) => boolean;
let tokenBody: (token: object) => Body;

/** Looks like a ReadableStream to whoever does not read it. */
class BodyToken {
  #body: Body;

  constructor(body: Body) {
    this.#body = body;
  }

  get locked(): boolean {
    return this.#body.used;
  }

  static {
    isToken = (value) => #body in value;
    tokenBody = (token) => (token as BodyToken).#body;
  }
}
brand(BodyToken, "ReadableStream");

export const streams: StreamSupport = {
  streamOf: (body) => new BodyToken(body),
  bodyOf: (stream) => tokenBody(stream),
  isStream: (value): value is object => typeof value === "object" && value !== null && isToken(value),
  isDisturbed: () => false,
  isLocked: () => false,
  lock: () => {},
  sourceOf: () => {
    throw new TypeError("this stream cannot be read");
  },
};
