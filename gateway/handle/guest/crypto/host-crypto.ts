/** Calls of the host's half of crypto.subtle; see ../../crypto-host.ts. */
import { CALL } from "../../abi.ts";
import { host } from "../host.ts";
import { toJson } from "../json.ts";

export function fault(name: string, message: string): DOMException {
  return new DOMException(message, name);
}

function call(operation: string, parameters: object, inputs: Uint8Array[]): string | Uint8Array<ArrayBuffer> {
  try {
    return host(CALL.crypto, operation, toJson(parameters), ...inputs) as string | Uint8Array<ArrayBuffer>;
  } catch (error) {
    // The host's errors are texts: "NAME: why".
    const [, name, why] = /^(\w+Error): ([^]*)$/.exec((error as Error).message) ?? [];
    throw fault(name ?? "OperationError", why ?? `${operation} failed`);
  }
}

export function callForBytes(
  operation: string,
  parameters: object,
  inputs: Uint8Array[],
): Uint8Array<ArrayBuffer> {
  return call(operation, parameters, inputs) as Uint8Array<ArrayBuffer>;
}

export function callForText(operation: string, parameters: object, inputs: Uint8Array[]): string {
  return call(operation, parameters, inputs) as string;
}

/** A copy of what an author gave, taken at the time of the call. */
export function bytesOf(data: unknown, what: string): Uint8Array<ArrayBuffer> {
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  throw new TypeError(`crypto.subtle: ${what} is neither an ArrayBuffer nor a view of one`);
}
