// When a request gets its arena: at the last moment, so that few arenas do the work of many requests.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Image } from "../../gateway/arena/arenas.ts";
import { ArenaLab } from "../support/arena-lab.ts";

const SLOTS = 16;
/** As in arenas.ts. */
const TURNS_AHEAD = 4;

let lab: ArenaLab;
let image: Image;
beforeEach(async () => {
  lab = await ArenaLab.open({ slots: SLOTS, threads: 1, arenaBytes: 2 * 1024 * 1024 });
  image = await lab.load(`export default { fetch(request) {
    const end = performance.now() + Number(new URL(request.url).searchParams.get("ms"));
    while (performance.now() < end);
    return new Response("done");
  } };`);
});
afterEach(() => lab.close());

test("sixteen requests at once are served by a few arenas, one after the other", async () => {
  const recorders = Array.from({ length: SLOTS }, () => lab.start(image, { path: "/?ms=2" }));
  expect(SLOTS - lab.pool.free).toBe(TURNS_AHEAD);
  await Promise.all(recorders.map((recorder) => recorder.finish()));
  expect(recorders.map(({ body }) => body)).toEqual(Array.from({ length: SLOTS }, () => "done"));
  // An arena comes back a moment after the next one has been taken; so twice as many at the most.
  expect(new Set(recorders.map(({ slot }) => slot.index)).size).toBeLessThanOrEqual(2 * TURNS_AHEAD);
  expect(lab.pool.free).toBe(SLOTS);
});

test("a request whose time is over before a thread had time for it ends without ever having had an arena", async () => {
  const busy = Array.from({ length: TURNS_AHEAD }, () => lab.start(image, { path: "/?ms=80", cpuMs: 1000 }));
  const late = lab.start(image, { path: "/?ms=0", wallMs: 20 });
  const next = lab.start(image, { path: "/?ms=0" });
  await late.finish();
  expect(late.end).toMatchObject({ kind: "aborted", cause: "wall", askedBytes: 0 });
  expect([late.endings, late.frees]).toEqual([1, 1]);
  expect(() => late.slot).toThrow("a slot is leased");
  await Promise.all([...busy, next].map((recorder) => recorder.finish()));
  expect(next.body).toBe("done");
  expect(lab.pool.free).toBe(SLOTS);
});
