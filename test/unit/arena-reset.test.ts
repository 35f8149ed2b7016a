// After every request, whatever it did and however it ended, the arena is the image again: every byte of it.
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Image } from "../../gateway/arena/images.ts";
import { MAILBOX, SLOT } from "../../gateway/arena/control.ts";
import { DATA_START, PAGE_BYTES, STACK_TOP } from "../../gateway/arena/layout.ts";
import { ArenaLab, MIB, type Recorder } from "../support/arena-lab.ts";
import { DEAF } from "../support/deaf.ts";
import { PROGRAM_HANDLER, randomProgram } from "../support/program-handler.ts";
import { Random } from "../support/random.ts";

describe("the arena is the image again", () => {
  let lab: ArenaLab;
  beforeAll(async () => {
    lab = await ArenaLab.open();
  });
  afterAll(() => lab.close());

  async function after(code: string, options: Parameters<ArenaLab["start"]>[1] = {}): Promise<Recorder> {
    const image = await lab.load(code);
    const recorder = await lab.request(image, options);
    expect(lab.differences(recorder.slot, image)).toEqual([]);
    lab.arenas.images.release(image);
    return recorder;
  }

  test("after an answer", async () => {
    const { status, body } = await after(`export default { fetch() { return new Response("yes") } }`);
    expect([status, body]).toEqual([200, "yes"]);
  });

  test("after an answer that is too large for the mailbox", async () => {
    const { end, body } = await after(
      `export default { fetch() { return new Response("y".repeat(100_000)) } }`,
    );
    expect(end.kind).toBe("complete");
    expect(body).toHaveLength(100_000);
  });

  test("after a throw", async () => {
    expect((await after(`export default { fetch() { throw new Error("no") } }`)).threw).toBe("Error: no");
  });

  test("after an overflow that filled it with 0xFE", async () => {
    const fill = `const kept = []; for (let size = 1 << 20; ; ) {
      try { kept.push(new Uint8Array(size).fill(0xfe)); } catch {}
    }`;
    const { end, run } = await after(`export default { fetch() { ${fill} } }`);
    expect(end).toMatchObject({ kind: "aborted", cause: "memory" });
    expect(run.peakBytes).toBeGreaterThan(2 * MIB);
  });

  test("after an overflow by small pieces, up to the last page", async () => {
    const { run } = await after(
      `export default { fetch() { const kept = []; for (;;) kept.push(new Uint8Array(100).fill(0xfe)); } }`,
    );
    expect(run.peakBytes).toBe(lab.arenaBytes);
  });

  test("after a recursion to the end of the stack", async () => {
    const { body } = await after(
      `const down = (n) => down(n + 1) + 1;
       export default { fetch() { try { down(0) } catch (error) { return new Response(error.name) } } }`,
    );
    expect(body).toBe("RangeError");
  });

  test("after an interrupt", async () => {
    const { end } = await after(`export default { fetch() { for (;;); } }`, { cpuMs: 20 });
    expect(end).toMatchObject({ kind: "aborted", cause: "cpu" });
  });

  test("after it was ended in a native loop that writes", async () => {
    const { end } = await after(
      `export default { fetch() { const n = new Float64Array(100_000).fill(0xfe); for (;;) n.sort(() => 0).fill(0xfe); } }`,
      { cpuMs: 20 },
    );
    expect(end).toMatchObject({ kind: "aborted", cause: "cpu" });
  });

  test("and a killed thread is gone before the reset: it could write on into the clean arena", async () => {
    const image = await lab.load(DEAF);
    for (let i = 0; i < 5; i++) {
      const before = readdirSync("/proc/self/task");
      const recorder = lab.start(image, { cpuMs: 20 });
      await recorder.over;
      const now = new Set(readdirSync("/proc/self/task"));
      expect(before.filter((thread) => !now.has(thread))).toHaveLength(1);
      await recorder.finish();
    }
    lab.arenas.images.release(image);
  });

  test("and stays so, after a native call that wrote all the time and was ended with its thread", async () => {
    const large = await ArenaLab.open({ arenaBytes: 96 * MIB, imagesBytes: 96 * MIB });
    // An extension writes text for some 80 ms, and does not look at the bell.
    const image = await large.load(
      `export default { fetch() { const n = new Uint8Array(22_000_000).fill(97); for (;;) new TextDecoder().decode(n); } }`,
    );
    for (let round = 0; round < 20 && large.arenas.threads.kills === 0; round++) {
      const { slot, end } = await large.request(image, { cpuMs: 5 });
      expect(end).toMatchObject({ kind: "aborted", cause: "cpu" });
      for (let looks = 0; looks < 5; looks++) {
        expect(large.differences(slot, image)).toEqual([]);
        await new Promise(setImmediate);
      }
    }
    expect(large.arenas.threads.kills).toBe(1);
    await large.close();
  });

  test("after an engine trap", async () => {
    const { end } = await after(
      `export default { fetch() { JSON.parse("[".repeat(200_000)); return new Response("parsed") } }`,
      { cpuMs: 1000 },
    );
    // Whether it is a trap or an ordinary error is the engine's business; what is left of it is ours.
    expect(["complete", "aborted"]).toContain(end.kind);
  });

  test("after every use that extensions make of the stack and their data", async () => {
    const { status } = await after(
      `export default { fetch() {
        for (const text of ["http://EXAMPLE.com:80/../a/%zz?q#f", "http://[::1%25]/", "http://0x7f.1/", "ö", "http://" + "a.".repeat(3000)]) {
          try { new URL(text, "http://base/x/y").searchParams.append("a", "b") } catch {}
        }
        structuredClone({ nested: [new Map([[1, new Date()]]), new Set(["x"]), /r/g, new Error("e"), 10n ** 50n] });
        return new Response(new TextDecoder("utf-16le").decode(new TextEncoder().encode("größe".repeat(1000))));
      } }`,
    );
    expect(status).toBe(200);
  });

  test("after bytes were written from outside: all of the heap in use, the used stack, and the mailbox", async () => {
    const image = await lab.load(
      `export default { async fetch() {
        const kept = []; for (let i = 0; i < 20; i++) kept.push(new Uint8Array(100_000));
        const down = (n) => n === 0 ? 0 : down(n - 1) + 1; down(500);
        await new Promise(() => {});
      } }`,
    );
    const recorder = lab.start(image, { awaited: true });
    await lab.suspended(recorder);
    const { slot, run } = recorder;
    const { control, bytes, layout } = slot;
    expect(control[SLOT.stackLow]).toBeLessThan(STACK_TOP);
    bytes.fill(0xfe, control[SLOT.stackLow]!, STACK_TOP);
    bytes.fill(0xfe, DATA_START, control[SLOT.topPages]! * PAGE_BYTES);
    bytes.fill(0xfe, layout.mailboxStart, layout.mailboxStart + control[SLOT.mailboxBytes]!);
    run.abort("wall");
    await recorder.finish();
    expect(lab.differences(slot, image)).toEqual([]);
    lab.arenas.images.release(image);
  });

  test("a condemned arena is made anew from its first byte to its mailbox", async () => {
    const image = await lab.load(`export default { async fetch() { await new Promise(() => {}); } }`);
    const recorder = lab.start(image, { awaited: true });
    await lab.suspended(recorder);
    const { slot, run } = recorder;
    slot.bytes.fill(0xfe, 0, slot.layout.mailboxStart);
    slot.control[SLOT.condemned] = 1;
    run.abort("wall");
    await recorder.finish();
    expect(lab.differences(slot, image)).toEqual([]);
    lab.arenas.images.release(image);
  });

  test("between two handlers that take turns in the same slot, the larger one first and last", async () => {
    const large = await lab.load(
      `const table = Array.from({ length: 3000 }, (_, i) => "row " + i); export default { fetch(request) { return new Response(new URL(request.url).pathname + table.length) } }`,
    );
    const small = await lab.load(`export default { fetch() { return new Response("small") } }`, "small.ts");
    expect(large.bytes).toBeGreaterThan(small.bytes);
    for (const [image, body] of [
      [large, "/3000"],
      [small, "small"],
      [large, "/3000"],
      [small, "small"],
    ] as const) {
      const recorder = await lab.request(image);
      expect(recorder.body).toBe(body);
      expect(lab.differences(recorder.slot, image)).toEqual([]);
    }
    lab.arenas.images.release(large);
    lab.arenas.images.release(small);
  });

  test("an image that takes a released one's place in memory is not taken for it", async () => {
    const answer = (text: string) => `export default { fetch() { return new Response("${text}") } }`;
    const first = await lab.load(answer("first"));
    expect((await lab.request(first)).body).toBe("first");
    lab.arenas.images.release(first);
    const second = await lab.load(answer("other"));
    expect(second.span.offset).toBe(first.span.offset);
    expect((await lab.request(second)).body).toBe("other");
    lab.arenas.images.release(second);
  });
});

describe("the mailbox", () => {
  let lab: ArenaLab;
  beforeAll(async () => {
    lab = await ArenaLab.open();
  });
  afterAll(() => lab.close());

  test("keeps nothing of an earlier request once the next one has begun", async () => {
    const image = await lab.load(
      `export default { async fetch(request) {
        if (!request.url.includes("secret")) await new Promise(() => {});
        return new Response("the answer is a secret too", { headers: { "x-secret": "yes" } });
      } }`,
    );
    await lab.request(image, { path: `/secret/${"secret".repeat(500)}` });
    const recorder = lab.start(image, { path: "/", awaited: true });
    await lab.suspended(recorder);
    const { bytes, layout, control } = recorder.slot;
    expect(control[SLOT.mailboxBytes]).toBeGreaterThan(MAILBOX.bytes);
    expect(bytes.includes("secret", layout.mailboxStart)).toBe(false);
    const used = layout.mailboxStart + control[SLOT.mailboxBytes]!;
    expect(bytes.subarray(used).every((byte) => byte === 0)).toBe(true);
    recorder.run.abort("wall");
    await recorder.finish();
  });
});

describe("random handlers", () => {
  let lab: ArenaLab;
  let image: Image;
  beforeAll(async () => {
    lab = await ArenaLab.open();
    image = await lab.load(PROGRAM_HANDLER);
  });
  afterAll(() => lab.close());

  test.each([1, 2, 3])("leave nothing behind (seed %i)", async (seed) => {
    const random = new Random(seed);
    const ends = new Map<string, number>();
    for (let i = 0; i < 120; i++) {
      const program = randomProgram(random);
      const recorder = await lab.request(image, { path: `/?${program}`, cpuMs: 15, wallMs: 2000 });
      const { end, threw } = recorder;
      const how = end.kind === "aborted" ? end.cause : threw === "" ? "answered" : "threw";
      ends.set(how, (ends.get(how) ?? 0) + 1);
      expect(lab.differences(recorder.slot, image), `seed ${seed}, program ${program}, ${how}`).toEqual([]);
    }
    // The grammar reaches every kind of end.
    for (const how of ["answered", "threw", "memory", "cpu"]) expect(ends.get(how), how).toBeGreaterThan(0);
  });

  test("get new random numbers each time", async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) seen.add((await lab.request(image, { path: "/?random:1" })).body);
    expect(seen.size).toBe(50);
  });
});
