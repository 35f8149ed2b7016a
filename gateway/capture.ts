/**
 * The request behind a failure, whole enough to be sent again: `nea profile --replay`. Off unless the configuration says
 * `capture: true`, because bodies and queries are people's data. Values of fields that carry credentials are left out.
 * Bound: one buffer of CAPTURE_BYTES; a request that needs more is not captured.
 */
import { Field, fieldOf } from "./accept/field.ts";
import type { Exchange } from "./accept/exchange.ts";

/** A body of REPLAY_BYTES in base64, and as much as a head needs that is not of the longest. */
export const CAPTURE_BYTES = 128 * 1024;

export interface CapturedRequest {
  readonly method: string;
  /** With the Host it was sent to; a path alone if it had none. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Base64; null: none was sent, or it was longer than what is kept. */
  readonly body: string | null;
  /** Everything of the body that was sent is in `body`. */
  readonly whole: boolean;
}

export const REDACTED = "redacted";
const SECRET =
  /^(?:proxy-)?authorization$|^cookie$|token|secret|password|api-?key|signature|session|csrf|xsrf/i;
/** Of one connection, or written anew by whoever sends the request again. */
const OF_THE_HOP: ReadonlySet<Field> = new Set([
  Field.host,
  Field.contentLength,
  Field.transferEncoding,
  Field.connection,
  Field.keepAlive,
  Field.upgrade,
  Field.te,
  Field.trailer,
  Field.expect,
]);

/** As JSON; null: too large. */
export function captureOf({ method, target, head, body }: Exchange): Buffer | null {
  const kept = body?.kept ?? null;
  const captured: CapturedRequest = {
    method,
    url: head.host === null ? target : `http://${head.host}${target}`,
    headers: redacted(head.fields),
    body: kept === null ? null : kept.bytes.toString("base64"),
    whole: body === null || (kept?.whole ?? false),
  };
  const json = JSON.stringify(captured);
  return Buffer.byteLength(json) > CAPTURE_BYTES ? null : Buffer.from(json);
}

function redacted(raw: readonly string[]): [string, string][] {
  const out: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const [name, value] = [raw[i]!, raw[i + 1]!];
    if (!OF_THE_HOP.has(fieldOf(name))) out.push([name, SECRET.test(name) ? REDACTED : value]);
  }
  return out;
}
