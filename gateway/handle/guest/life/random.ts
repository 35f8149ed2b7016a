/** Random bytes from the system's generator. */
import { CALL } from "../../abi.ts";
import { host } from "../host.ts";

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  host(CALL.randomBytes, bytes);
  return bytes;
}
