/** As much of RFC 6455 as an echo of short messages needs. */
import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const SHORT_MAX = 125;

export function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}${GUID}`).digest("base64");
}

/** A masked binary message of at most 125 bytes. */
export function clientFrame(payload: Buffer, mask: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.from([FINAL_BINARY, MASKED | payload.length]), mask, payload]);
  for (let i = 0; i < payload.length; i++) frame[6 + i]! ^= mask[i % 4]!;
  return frame;
}

/** Bytes of the unmasked frame that `clientFrame` of so many bytes comes back as. */
export function echoBytes(payloadBytes: number): number {
  return payloadBytes + 2;
}

/** Whole masked short frames become what an echo answers; the rest is kept. */
export function unmaskFrames(bytes: Buffer): { echoed: Buffer; rest: Buffer } {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + 6 <= bytes.length) {
    const length = bytes[at + 1]! & 0x7f;
    if (length > SHORT_MAX) throw new Error("the echo takes messages of up to 125 bytes");
    if (at + 6 + length > bytes.length) break;
    const frame = Buffer.from(bytes.subarray(at + 4, at + 6 + length));
    for (let i = 0; i < length; i++) frame[2 + i]! ^= bytes[at + 2 + (i % 4)]!;
    frame[0] = bytes[at]!;
    frame[1] = length;
    frames.push(frame);
    at += 6 + length;
  }
  return { echoed: Buffer.concat(frames), rest: bytes.subarray(at) };
}
