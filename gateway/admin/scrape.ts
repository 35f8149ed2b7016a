/**
 * Writes /metrics piece by piece, at the pace of whoever reads it. Between two pieces the I/O thread serves requests, so
 * that a thousand routes delay nobody.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SCRAPE_PIECE_BYTES } from "./bounds.ts";
import { EXPOSITION_TYPE, exposition, type Family } from "./exposition.ts";
import { head } from "./replies.ts";

/** Ends with the response, complete or not; never rejects. */
export async function writeMetrics(res: ServerResponse, families: readonly Family[]): Promise<void> {
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  head(res, 200, EXPOSITION_TYPE);
  let text = "";
  for (const block of exposition(families)) {
    text += block;
    if (text.length < SCRAPE_PIECE_BYTES) continue;
    if (res.write(text)) await nextTurn();
    else await once(res, "drain", { signal: gone.signal }).catch(() => {});
    if (gone.signal.aborted) return;
    text = "";
  }
  res.end(text);
}
