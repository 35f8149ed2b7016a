/** The request behind a failure, from the admin port of the gateway that captured it: `--replay http://HOST/api/overflows/ID`. */
import { REDACTED, type CapturedRequest } from "../../capture.ts";
import { CommandError } from "../command-error.ts";

export interface Replay {
  method: string;
  path: string;
  headers: [string, string][];
  data: Buffer<ArrayBuffer> | null;
  /** What of it is not as it was, in words. */
  notes: string[];
}

export const NOTHING_TO_REPLAY: Replay = { method: "", path: "/", headers: [], data: null, notes: [] };

export async function replayOf(url: string): Promise<Replay> {
  const { method, url: path, headers, body, whole } = await captured(url);
  const redacted = headers.filter(([, value]) => value === REDACTED).map(([name]) => name);
  return {
    method,
    path,
    headers: headers.map(([name, value]) => [name, value]),
    data: body ? Buffer.from(body, "base64") : null,
    notes: [
      ...(redacted.length > 0 ? [`not captured: ${redacted.join(", ")} (give your own with --header)`] : []),
      ...(whole ? [] : ["only a part of its body was captured (give your own with --data)"]),
    ],
  };
}

async function captured(url: string): Promise<CapturedRequest> {
  try {
    const response = await fetch(url);
    if (response.ok) return (await response.json()) as CapturedRequest;
    throw new Error(response.status === 404 ? "no such request is kept there" : `status ${response.status}`);
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new CommandError(`--replay ${url}: ${cause?.message ?? message}`);
  }
}
