// Threads that are terminated under their handlers: who is hit, who is not, and what is counted.
import { afterEach, describe, expect, test } from "vitest";
import type { Image } from "../../gateway/arena/images.ts";
import { BELL } from "../../gateway/arena/layout.ts";
import { EVENT } from "../../gateway/handle/abi.ts";
import { DEAF } from "../support/deaf.ts";
import { ArenaLab, type LabOptions, type Recorder } from "../support/arena-lab.ts";
import { Random } from "../support/random.ts";

let lab: ArenaLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function open(options: LabOptions): Promise<ArenaLab> {
  return (lab = await ArenaLab.open(options));
}

/** Counts its wake-ups in a variable that only its arena knows, and answers with the count at the end. */
const COUNTER = `
export default {
  async fetch(request) {
    const turns = Number(new URL(request.url).searchParams.get("turns"));
    let count = 0;
    while (count < turns) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      count++;
    }
    return new Response("counted " + count);
  },
};`;

const SHORT = `export default { fetch(request) {
  const end = performance.now() + Number(new URL(request.url).searchParams.get("ms"));
  while (performance.now() < end);
  return new Response("short");
} };`;

describe("a killed thread", () => {
  test("takes one turn with it; ten handlers between turns and in its ring go on, twenty times in a row", async () => {
    const lab = await open({ slots: 11, threads: 1 });
    const counter = await lab.load(COUNTER);
    const deaf = await lab.load(DEAF, "deaf.ts");
    for (let round = 0; round < 20; round++) {
      const innocents = Array.from({ length: 10 }, () =>
        lab.start(counter, { path: "/?turns=30", cpuMs: 2000 }),
      );
      const culprit = lab.start(deaf, { cpuMs: 20 });
      await Promise.all([culprit, ...innocents].map((recorder) => recorder.finish()));
      expect(culprit.end).toMatchObject({ kind: "aborted", cause: "cpu" });
      expect(innocents.map(({ body }) => body)).toEqual(Array.from({ length: 10 }, () => "counted 30"));
      expect(lab.arenas.threads.kills).toBe(round + 1);
    }
    expect(lab.pool.free).toBe(11);
  });

  test("is one of two that are killed at the same moment, while others wait on both", async () => {
    const lab = await open({ slots: 10, threads: 3 });
    const counter = await lab.load(COUNTER);
    for (let round = 0; round < 5; round++) {
      await lab.arenas.ready();
      const deaf = await lab.load(DEAF, "deaf.ts");
      const culprits = [lab.start(deaf, { cpuMs: 20 }), lab.start(deaf, { cpuMs: 20 })];
      // Long turns have a thread each.
      expect(lab.pool.free).toBe(8);
      const innocents = Array.from({ length: 8 }, () =>
        lab.start(counter, { path: "/?turns=10", cpuMs: 2000 }),
      );
      await Promise.all([...culprits, ...innocents].map((recorder) => recorder.finish()));
      for (const { end } of culprits) expect(end).toMatchObject({ kind: "aborted", cause: "cpu" });
      for (const { body } of innocents) expect(body).toBe("counted 10");
      lab.arenas.images.release(deaf);
    }
    expect(lab.arenas.threads.kills).toBe(10);
    expect(lab.pool.free).toBe(10);
  });

  test("whose turn's wall time ends while it is going takes nobody else's turn with it", async () => {
    const lab = await open({ slots: 1 });
    const deaf = await lab.load(DEAF, "deaf.ts");
    const short = await lab.load(SHORT, "short.ts");
    for (let round = 0; round < 3; round++) {
      const culprit = await lab.request(deaf, { cpuMs: 20, wallMs: 30 });
      expect(culprit.end.kind).toBe("aborted");
      for (let i = 0; i < 3; i++) {
        expect((await lab.request(short, { path: "/?ms=40", cpuMs: 5000 })).body).toBe("short");
      }
    }
    expect(lab.arenas.threads.kills).toBe(3);
  });

  test("says in which line the native loop was called", async () => {
    const lab = await open({ slots: 1 });
    const image = await lab.load(
      `const large = 3n ** 100000n;\nfunction burn() {\n  return large.toString();\n}\nexport default { fetch() { for (;;) burn(); } };`,
    );
    const { end } = await lab.request(image, { cpuMs: 10 });
    if (end.kind !== "aborted") throw new Error("it was not aborted");
    expect(end.frames[0]).toMatchObject({ functionName: "burn", line: 3, precision: "call" });
  });
});

describe("a native loop", () => {
  const LOOPS: [string, string][] = [
    [
      "a sort without a comparison of ours",
      "const n = new Float64Array(60_000).fill(1); for (;;) n.reverse().sort();",
    ],
    ["BigInt to text", "for (;;) (7n ** 200_000n).toString();"],
    ["JSON that is read", `const text = "[" + "1,".repeat(9_000) + "1]"; for (;;) JSON.parse(text);`],
    ["a regular expression", `/(a+)+b/.test("a".repeat(40));`],
    ["calls of a millisecond each", `for (let i = 0; ; i++) (i + "").padStart(500_000, "ab").indexOf("bb");`],
    [
      "copies of an array",
      "const n = Array.from({ length: 4_000 }, (_, i) => i); for (;;) n.toSpliced(5, 1).concat(n);",
    ],
  ];

  test.each(LOOPS)("%s hears when its CPU time is over, and its thread goes on", async (_what, loop) => {
    const lab = await open({ slots: 1 });
    const image = await lab.load(`export default { fetch() { ${loop} } };`);
    for (let round = 0; round < 3; round++) {
      const { end, run } = await lab.request(image, { cpuMs: 20 });
      expect(end).toMatchObject({ kind: "aborted", cause: "cpu", frames: [{ file: "lab.ts", line: 1 }] });
      expect(run.cpuUs).toBeGreaterThanOrEqual(20_000);
    }
    expect(lab.arenas.threads.kills).toBe(0);
  });

  test.each(LOOPS)("%s hears when its wall time is over, long before its CPU time", async (_what, loop) => {
    const lab = await open({ slots: 1 });
    const image = await lab.load(`export default { fetch() { ${loop} } };`);
    const { end } = await lab.request(image, { cpuMs: 60_000, wallMs: 50 });
    expect(end).toMatchObject({
      kind: "aborted",
      cause: "wall",
      frames: [{ file: "lab.ts", line: 1 }],
    });
    expect(lab.arenas.threads.kills).toBe(0);
  });

  test("a bell that rings too late, in somebody else's turn, ends nothing", async () => {
    const lab = await open({ slots: 1 });
    const counter = await lab.load(COUNTER);
    const [slot] = lab.pool.slots;
    const recorder = lab.start(counter, { path: "/?turns=200" });
    const ringing = setInterval(() => Atomics.store(slot!.words, BELL, 1));
    await recorder.finish();
    clearInterval(ringing);
    expect(recorder.body).toBe("counted 200");
  });
});

describe("while an image is made", () => {
  test("a kill elsewhere does not disturb it, and it does not disturb a kill", async () => {
    const lab = await open({ slots: 2, threads: 1 });
    const deaf = await lab.load(DEAF, "deaf.ts");
    const slow = `const rows = []; for (let i = 0; i < 8000; i++) rows.push("row " + i); ${COUNTER}`;
    for (let round = 0; round < 5; round++) {
      const building = lab.load(slow, `slow-${round}.ts`);
      const culprit = lab.start(deaf, { cpuMs: 20 });
      const [image] = await Promise.all([building, culprit.finish()]);
      expect(culprit.end).toMatchObject({ kind: "aborted", cause: "cpu" });
      expect((await lab.request(image, { path: "/?turns=3" })).body).toBe("counted 3");
      lab.arenas.images.release(image);
    }
  });

  test("a module that does not hear is ended with its thread, and the next image is made all the same", async () => {
    const bytes = 256 * 1024 * 1024;
    const lab = await open({ slots: 1, threads: 1, arenaBytes: bytes, imagesBytes: bytes });
    const stuck = `const n = new Uint8Array(250_000_000); for (;;) n.reverse(); export default { fetch() {} };`;
    // Between two of its calls, each of which takes several times as long as it is given to hear, it hears.
    let made: Awaited<ReturnType<ArenaLab["tryLoad"]>> | undefined;
    for (let round = 0; round < 20 && made !== "cpu"; round++) {
      made = await lab.tryLoad(stuck, "stuck.ts", [], 50);
      const image = await lab.load(COUNTER);
      expect((await lab.request(image, { path: "/?turns=1" })).body).toBe("counted 1");
    }
    expect(made).toBe("cpu");
  });

  test("a module that never ends natively is aborted with its line", async () => {
    const lab = await open({ slots: 1, threads: 1 });
    const stuck = `\nfor (;;) (3n ** 600000n).toString();\nexport default { fetch() {} };`;
    const failure = await lab.tryLoad(stuck, "stuck.ts", [], 50);
    expect(failure).toMatchObject({
      phase: "evaluate",
      reason: "cpu",
      frames: [{ file: "stuck.ts", line: 2 }],
    });
    expect(lab.arenas.threads.kills).toBe(0);
  });

  test("a module that never ends is aborted with its line", async () => {
    const lab = await open({ slots: 1, threads: 1 });
    const failure = await lab.tryLoad(
      "function forever() {\n  for (;;);\n}\nforever();\nexport default {};",
      "x.ts",
      [],
      50,
    );
    expect(failure).toMatchObject({ phase: "evaluate", reason: "cpu" });
    if (typeof failure === "string" || !("frames" in failure)) throw new Error("no frames");
    expect(failure.frames.at(-1)).toMatchObject({ file: "x.ts", line: 4 });
  });
});

describe("the claim on a turn", () => {
  test("races with thousands of short turns, and every request ends exactly once", async () => {
    const lab = await open({ slots: 6, threads: 2 });
    const short = await lab.load(SHORT, "short.ts");
    const counter = await lab.load(COUNTER);
    const random = new Random(7);
    const innocents = Array.from({ length: 2 }, () =>
      lab.start(counter, { path: "/?turns=400", cpuMs: 60_000, wallMs: 60_000 }),
    );
    const ends = { complete: 0, wall: 0 };
    async function client(requests: number): Promise<void> {
      for (let i = 0; i < requests; i++) {
        // Around the watchdog's ticks, so that turns end just before, at and just after a claim.
        const recorder = lab!.start(short, { path: `/?ms=${random.below(60) / 10}`, cpuMs: 1000 });
        if (random.below(2) === 0) setTimeout(() => recorder.run.abort("wall"), random.below(6));
        await recorder.finish();
        const { end } = recorder;
        if (end.kind === "complete") {
          ends.complete++;
          expect(recorder.body).toBe("short");
        } else {
          ends.wall++;
          expect(end.cause).toBe("wall");
        }
        expect(recorder.endings).toBe(1);
      }
    }
    await Promise.all(Array.from({ length: 4 }, () => client(120)));
    for (const innocent of innocents) {
      await innocent.finish();
      expect(innocent.body).toBe("counted 400");
    }
    expect(ends.complete).toBeGreaterThan(60);
    expect(ends.wall).toBeGreaterThan(30);
    expect(lab.pool.free).toBe(6);
  }, 60_000);

  test("does not hit a turn of the same slot that comes after the one that was meant", async () => {
    const lab = await open({ slots: 1, threads: 1 });
    const image = await lab.load(SHORT, "short.ts");
    for (let i = 0; i < 300; i++) {
      const first = lab.start(image, { path: "/?ms=0" });
      first.run.abort("wall");
      await first.finish();
      const second = await lab.request(image, { path: "/?ms=0" });
      expect(second.end.kind).toBe("complete");
    }
  });
});

describe("what waits behind a turn that turns out to be long", () => {
  test("runs on another thread before that turn is over", async () => {
    const lab = await open({ slots: 6, threads: 1 });
    const [image, other] = [await lab.load(SHORT, "short.ts"), await lab.load(SHORT, "other.ts")];
    // Until the first turns, which are slow, no longer count: the three of `other` have to be short enough to stand in the ring.
    for (let i = 0; i < 40; i++)
      for (const known of [image, other]) await lab.request(known, { path: "/?ms=0" });
    const long = lab.start(image, { path: "/?ms=400", cpuMs: 1000 });
    const others = Array.from({ length: 3 }, () => lab.start(other, { path: "/?ms=0" }));
    expect(lab.pool.free).toBe(2);
    await Promise.all(others.map((recorder) => recorder.finish()));
    expect(long.endings).toBe(0);
    expect(lab.arenas.threads.requeued).toBeGreaterThanOrEqual(3);
    await long.finish();
    expect([long, ...others].map(({ body }) => body)).toEqual(["short", "short", "short", "short"]);
  });

  test("runs exactly once, though the turn may end while it is taken back", async () => {
    const lab = await open({ slots: 8, threads: 2 });
    const image = await lab.load(SHORT, "short.ts");
    const random = new Random(11);
    await lab.request(image, { path: "/?ms=0" });
    async function client(): Promise<void> {
      for (let i = 0; i < 150; i++) {
        // One in so many is long, around the time at which those behind it are taken back.
        const ms = random.below(60) === 0 ? 4 + random.below(80) / 10 : random.below(3) / 10;
        const recorder = await lab.request(image, { path: `/?ms=${ms}`, cpuMs: 1000 });
        expect([recorder.body, recorder.endings, recorder.frees]).toEqual(["short", 1, 1]);
      }
    }
    await Promise.all(Array.from({ length: 8 }, client));
    expect(lab.arenas.threads.requeued).toBeGreaterThan(3);
    expect(lab.pool.free).toBe(8);
  });
});

describe("a slot", () => {
  /** Lets go of the arena before it hears that the run has ended, as an exchange does whose response has closed. */
  function releaseEarly(recorder: Recorder): void {
    const { ended } = recorder;
    recorder.ended = (end) => {
      ended.call(recorder, end);
      recorder.run.release();
    };
  }

  test.each([
    [
      "overflow",
      `export default { async fetch() { await new Promise((r) => setTimeout(r, 1)); const k = []; for (;;) k.push([]); } };`,
    ],
    [
      "interrupt",
      `export default { async fetch() { await new Promise((r) => setTimeout(r, 1)); for (;;); } };`,
    ],
    [
      "answer",
      `export default { async fetch() { await new Promise((r) => setTimeout(r, 1)); return new Response("x".repeat(100_000)); } };`,
    ],
    ["kill", DEAF],
    ["nothing to wait for", `export default { async fetch() { await new Promise(() => {}); } };`],
  ])("comes back once when its owner has let go already: %s", async (_title, code) => {
    const lab = await open({ slots: 1, threads: 1 });
    const image = await lab.load(code);
    const next = await lab.load(SHORT, "short.ts");
    for (let i = 0; i < 10; i++) {
      const recorder = lab.start(image, { cpuMs: 20 });
      releaseEarly(recorder);
      await recorder.finish();
      expect(recorder.frees).toBe(1);
      const after = await lab.request(next, { path: "/?ms=0" });
      expect([after.body, after.frees, after.endings]).toEqual(["short", 1, 1]);
    }
    expect(lab.pool.free).toBe(1);
  });

  test("ends a handler that feeds itself at its wall limit, whatever is still on its way to it", async () => {
    const lab = await open({ slots: 1, threads: 1 });
    const image: Image = await lab.load(COUNTER);
    const recorder = lab.start(image, { path: "/?turns=1e9", cpuMs: 60_000, wallMs: 60_000 });
    const feed = setInterval(() => {
      for (let i = 0; i < 50; i++) recorder.run.deliver({ event: EVENT.timer, id: 0 });
    }, 1);
    setTimeout(() => recorder.run.abort("wall"), 50);
    await recorder.finish();
    clearInterval(feed);
    expect(recorder.end).toMatchObject({ kind: "aborted", cause: "wall" });
  });
});
