// When a request gets its arena: at the last moment, so that few arenas do the work of many requests, and in an order
// that is fair to handlers.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Image } from "../../gateway/arena/images.ts";
import { SLOT } from "../../gateway/arena/control.ts";
import { TURNS_AHEAD } from "../../gateway/arena/seat.ts";
import { WRAP } from "../support/deaf.ts";
import { ArenaLab } from "../support/arena-lab.ts";

const SLOTS = 16;

/** Computes for as long as it is told to. */
const BUSY = `export default { fetch(request) {
  const end = performance.now() + Number(new URL(request.url).searchParams.get("ms"));
  while (performance.now() < end);
  return new Response("done");
} };`;

let lab: ArenaLab;
let image: Image;
beforeEach(async () => {
  lab = await ArenaLab.open({ slots: SLOTS, threads: 1, arenaBytes: 4 * 1024 * 1024 });
  image = await lab.load(BUSY);
});
afterEach(() => lab.close());

test("sixteen requests at once are served by a few arenas, one after the other", async () => {
  await lab.request(image, { path: "/?ms=0" });
  const recorders = Array.from({ length: SLOTS }, () => lab.start(image, { path: "/?ms=2" }));
  expect(SLOTS - lab.pool.free).toBeLessThanOrEqual(TURNS_AHEAD);
  await Promise.all(recorders.map((recorder) => recorder.finish()));
  expect(recorders.map(({ body }) => body)).toEqual(Array.from({ length: SLOTS }, () => "done"));
  // An arena comes back a moment after the next one has been taken, and on a busy machine another thread may stand in.
  expect(new Set(recorders.map(({ slot }) => slot.index)).size).toBeLessThan(SLOTS);
  expect(lab.pool.free).toBe(SLOTS);
});

/** Does what the path's last element says. */
const VARIOUS = `
let seen = 0;
export default { async fetch(request) {
  seen++;
  switch (new URL(request.url).pathname.slice(1)) {
    case "busy": { const end = performance.now() + 1; while (performance.now() < end); break; }
    case "wait": await new Promise((resolve) => setTimeout(resolve, 1)); break;
    case "large": return new Response("x".repeat(100_000) + seen);
    case "overflow": { const kept = []; for (;;) kept.push(new Uint8Array(100_000)); }
    case "throw": throw new Error("thrown");
    case "wrap": { ${WRAP} }
  }
  return new Response("seen " + seen);
} };`;

const usedBy = (image: Image) =>
  lab.pool.slots.filter(({ control }) => control[SLOT.loadedImage] === image.span.offset);

describe("requests that stand one behind the other", () => {
  test("run in one arena, one after the other, and each finds it as the first one did", async () => {
    let arenas = SLOTS;
    // Whoever comes when its thread has just found nothing to do begins in another one, so a crowd has a few.
    for (let round = 0; round < 20 && arenas > 3; round++) {
      const various = await lab.load(VARIOUS);
      for (let i = 0; i < 8; i++) await lab.request(various);
      const recorders = ["/busy", ...Array.from({ length: SLOTS - 1 }, () => "/")].map((path) =>
        lab.start(various, { path }),
      );
      expect(SLOTS - lab.pool.free).toBeGreaterThan(3);
      await Promise.all(recorders.map((recorder) => recorder.finish()));
      expect(recorders.map(({ body }) => body)).toEqual(recorders.map(() => "seen 1"));
      expect(lab.pool.free).toBe(SLOTS);
      arenas = usedBy(various).length;
    }
    expect(arenas).toBeLessThanOrEqual(3);
  });

  test("go on in an arena of their own behind one that is not done with its own", async () => {
    const various = await lab.load(VARIOUS);
    for (let i = 0; i < 8; i++) await lab.request(various);
    const ways = ["", "wait", "", "large", "", "overflow", "", "throw", "", "wait", "", ""];
    const recorders = ways.map((way) => lab.start(various, { path: `/${way}` }));
    await Promise.all(recorders.map((recorder) => recorder.finish()));
    const said = (way: string) =>
      way === "large" ? `${"x".repeat(100_000)}1` : way === "overflow" || way === "throw" ? "" : "seen 1";
    expect(recorders.map(({ body }) => body)).toEqual(ways.map(said));
    expect(recorders[5]!.end).toMatchObject({ kind: "aborted", cause: "memory" });
    expect(recorders[7]!.threw).toContain("thrown");
    expect(lab.pool.free).toBe(SLOTS);
    expect(new Set(lab.pool.slots.map(({ leased }) => leased))).toEqual(new Set([false]));
  });

  test("keep to their handler, and to their pool's slots", async () => {
    const [one, other] = [await lab.load(VARIOUS, "one.ts"), await lab.load(VARIOUS, "other.ts")];
    for (let i = 0; i < 8; i++) for (const of of [one, other]) await lab.request(of);
    const recorders = Array.from({ length: SLOTS }, (_, i) => lab.start(i % 2 === 0 ? one : other));
    await Promise.all(recorders.map((recorder) => recorder.finish()));
    expect(recorders.map(({ body }) => body)).toEqual(recorders.map(() => "seen 1"));
    expect(lab.pool.free).toBe(SLOTS);
  });

  test("and are killed in it: that arena is condemned and made anew, and no other", async () => {
    const various = await lab.load(VARIOUS);
    for (let i = 0; i < 8; i++) await lab.request(various);
    const ways = ["", "", "wrap", "", ""];
    const recorders = ways.map((way) => lab.start(various, { path: `/${way}`, cpuMs: 20 }));
    await Promise.all(recorders.map((recorder) => recorder.finish()));
    expect(recorders[2]!.end).toMatchObject({ kind: "aborted", cause: "cpu" });
    expect(recorders.map(({ body }) => body)).toEqual(ways.map((way) => (way === "" ? "seen 1" : "")));
    expect(lab.arenas.threads.kills).toBe(1);
    const condemned = lab.pool.slots.filter(({ condemnedTimes }) => condemnedTimes > 0);
    expect(condemned).toEqual([recorders[2]!.slot]);
    expect(lab.pool.free).toBe(SLOTS);
  });
});

test("a request whose time is over before a thread had time for it ends without ever having had an arena", async () => {
  // The first two of their kind: nobody knows yet how long they take, so nobody is let in behind them.
  const busy = lab.start(image, { path: "/?ms=80", cpuMs: 1000 });
  const busyToo = lab.start(image, { path: "/?ms=80", cpuMs: 1000 });
  const late = lab.start(image, { path: "/?ms=0", wallMs: 20 });
  const next = lab.start(image, { path: "/?ms=0" });
  await late.finish();
  expect(late.end).toMatchObject({ kind: "aborted", cause: "wall", askedBytes: 0 });
  expect([late.endings, late.frees]).toEqual([1, 1]);
  expect(() => late.slot).toThrow("a slot is leased");
  await Promise.all([busy, busyToo, next].map((recorder) => recorder.finish()));
  expect(next.body).toBe("done");
  expect(lab.pool.free).toBe(SLOTS);
});

test("one of which nothing is known does not wait for a long turn while a thread is idle; the next one does", async () => {
  const long = await lab.load(BUSY, "long.ts");
  await lab.request(long, { path: "/?ms=60", cpuMs: 1000 });
  const busy = lab.start(long, { path: "/?ms=300", cpuMs: 1000 });
  const crowd = Array.from({ length: 3 }, () => lab.start(image, { path: "/?ms=0" }));
  expect(SLOTS - lab.pool.free).toBe(2);
  await Promise.all(crowd.map((recorder) => recorder.finish()));
  expect(busy.endings).toBe(0);
  await busy.finish();
});

test("behind a turn that is known to be long nobody is made to wait inside", async () => {
  await lab.request(image, { path: "/?ms=60", cpuMs: 1000 });
  const crowd = Array.from({ length: SLOTS }, () => lab.start(image, { path: "/?ms=10", cpuMs: 1000 }));
  expect(SLOTS - lab.pool.free).toBe(1);
  await Promise.all(crowd.map((recorder) => recorder.finish()));
  expect(crowd.map(({ body }) => body)).toEqual(crowd.map(() => "done"));
});

test("the requests of a handler that computes for long let those of another one pass", async () => {
  const short = await lab.load(BUSY, "short.ts");
  await lab.request(image, { path: "/?ms=40", cpuMs: 1000 });
  for (let i = 0; i < 5; i++) await lab.request(short, { path: "/?ms=0" });
  const ends: string[] = [];
  const start = (of: Image, name: string, ms: number) => {
    const recorder = lab.start(of, { path: `/?ms=${ms}`, cpuMs: 1000 });
    return recorder.finish().then(() => ends.push(name));
  };
  const all = [
    ...Array.from({ length: 6 }, () => start(image, "long", 40)),
    ...Array.from({ length: 6 }, () => start(short, "short", 0)),
  ];
  await Promise.all(all);
  // In order of arrival, all six long ones would have been first.
  expect(ends.lastIndexOf("short")).toBeLessThan(9);
});

test("a handler that has rested has saved nothing up", async () => {
  const other = await lab.load(BUSY, "other.ts");
  // `image` works while `other` rests.
  for (let i = 0; i < 5; i++) await lab.request(image, { path: "/?ms=20", cpuMs: 1000 });
  const ends: string[] = [];
  const start = (of: Image, name: string) =>
    lab
      .start(of, { path: "/?ms=20", cpuMs: 1000 })
      .finish()
      .then(() => ends.push(name));
  await lab.request(other, { path: "/?ms=20", cpuMs: 1000 });
  await Promise.all([..."abcde"].flatMap(() => [start(image, "image"), start(other, "other")]));
  // If its rest had counted, all five of `other` would have come before the second of `image`.
  expect(ends.slice(0, 6).filter((name) => name === "image").length).toBeGreaterThanOrEqual(2);
});

describe("of two threads", () => {
  // Longer than a machine with other tests on it keeps a short turn waiting.
  const LONG = "/?ms=250";
  beforeEach(async () => {
    await lab.close();
    lab = await ArenaLab.open({ slots: SLOTS, threads: 2, arenaBytes: 4 * 1024 * 1024 });
    image = await lab.load(BUSY);
    await lab.request(image, { path: LONG, cpuMs: 1000 });
  });
  const startLong = () => Array.from({ length: 4 }, () => lab.start(image, { path: LONG, cpuMs: 1000 }));

  test("one is kept free of long turns while short ones are about", async () => {
    const short = await lab.load(BUSY, "short.ts");
    for (let i = 0; i < 5; i++) await lab.request(short, { path: "/?ms=0" });
    const long = startLong();
    expect(SLOTS - lab.pool.free).toBe(1);
    const quick = lab.start(short, { path: "/?ms=0" });
    await quick.finish();
    expect(long.filter(({ endings }) => endings > 0)).toEqual([]);
    await Promise.all(long.map((recorder) => recorder.finish()));
    expect(lab.pool.free).toBe(SLOTS);
  });

  test("both do long turns when there is nothing else to do", async () => {
    const long = startLong();
    expect(SLOTS - lab.pool.free).toBe(2);
    await Promise.all(long.map((recorder) => recorder.finish()));
    expect(lab.pool.free).toBe(SLOTS);
  });
});
