/** The methods that Request and Response share (Fetch standard, section 5.3). */
import { Body, isUsed, readBytes, readText } from "./body.ts";
import { streams } from "./stream-support.ts";
import { fromJson } from "../json.ts";

export interface BodyMethods {
  readonly body: object | null;
  readonly bodyUsed: boolean;
  text(): Promise<string>;
  json(): Promise<unknown>;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array>;
  blob(): Promise<unknown>;
  formData(): Promise<unknown>;
}

/** How the methods reach into an object; both throw a TypeError if it is none of ours. */
export interface BodyAccess {
  body(self: object): Body | null;
  contentType(self: object): string;
  /** "" unless the bytes are still as a content coding left them (RFC 9110 section 8.4). */
  coding(self: object): string;
}

/** Ways of reading a body that features add. */
export const bodyReaders: {
  blob?: (bytes: Uint8Array, contentType: string) => unknown;
  formData?: (bytes: Uint8Array, contentType: string) => unknown;
} = {};

export function addBodyMethods(target: { prototype: object }, access: BodyAccess): void {
  const methods: BodyMethods & ThisType<object> = {
    get body() {
      const body = access.body(this);
      return body === null ? null : (body.stream ??= streams.streamOf(body));
    },
    get bodyUsed() {
      const body = access.body(this);
      return body !== null && isUsed(body);
    },
    text() {
      return attempt(() => readText(uncoded(this, access, "text()"), "text()"));
    },
    json() {
      return attempt(() => readText(uncoded(this, access, "json()"), "json()").then(fromJson));
    },
    arrayBuffer() {
      return attempt(() => readBytes(access.body(this), "arrayBuffer()").then(ownBuffer));
    },
    bytes() {
      return attempt(() => readBytes(access.body(this), "bytes()"));
    },
    blob() {
      return attempt(() => readWith("blob", this, access));
    },
    formData() {
      return attempt(() => readWith("formData", this, access));
    },
  };
  Object.defineProperties(target.prototype, Object.getOwnPropertyDescriptors(methods));
}

/** Compressed bytes are no text. Nothing here decompresses what passes by, so what is to be read must be asked for plain. */
function uncoded(self: object, access: BodyAccess, action: string): Body | null {
  const body = access.body(self);
  const coding = body === null ? "" : access.coding(self);
  if (coding === "" || coding === "identity") return body;
  throw new TypeError(
    `${action}: the body is compressed (content-encoding: ${coding}); send the request without accept-encoding`,
  );
}

function readWith(name: "blob" | "formData", self: object, access: BodyAccess): Promise<unknown> {
  const read = bodyReaders[name];
  if (!read)
    throw new TypeError(`${name}() is not available: the platform did not see its name in the handler`);
  const contentType = access.contentType(self);
  return readBytes(access.body(self), `${name}()`).then((bytes) => read(bytes, contentType));
}

function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  return (buffer.byteLength === byteLength ? buffer : bytes.slice().buffer) as ArrayBuffer;
}

/** Methods that return promises reject, they never throw. */
function attempt<T>(read: () => Promise<T>): Promise<T> {
  try {
    return read();
  } catch (error) {
    return Promise.reject(error);
  }
}
