// W3C Trace Context (Level 1), section 3.2: version "-" trace-id "-" parent-id "-" flags, lower-case hex only.
import { randomHex } from "./random-hex.ts";

const VERSION_00 = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
// Section 3.2.4: a later version must parse as version 00 and may go on after another dash; ff is forbidden.
const LATER = /^(?!ff|00)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

export function isTraceparent(value: string): boolean {
  return value.length === 55 ? VERSION_00.test(value) || LATER.test(value) : LATER.test(value);
}

/** A new trace. Not sampled: whoever records spans decides that, and we record none. */
export function startTraceparent(): string {
  return `00-${randomHex(16)}-${randomHex(8)}-00`;
}
