// What is in cycles is freed by collections only, and those come late: a request must not fail for that.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAILBOX_BYTES, PAGE_BYTES } from "../../gateway/arena/layout.ts";
import { ArenaLab, MIB } from "../support/arena-lab.ts";

describe("cyclic garbage", () => {
  let lab: ArenaLab;
  beforeAll(async () => {
    lab = await ArenaLab.open();
  });
  afterAll(() => lab.close());

  async function peakOf(code: string): Promise<number> {
    const image = await lab.load(code);
    const { end, run, body } = await lab.request(image, { cpuMs: 2000 });
    lab.arenas.images.release(image);
    expect([end.kind, body]).toEqual(["complete", "done"]);
    return run.peakBytes;
  }

  /** A cycle of two objects, with 1 KB that hangs on it. */
  const CYCLE = `function cycle(n) { const a = { text: "x".repeat(1000) + n }; a.b = { a }; }`;
  const answer = (work: string) =>
    `${CYCLE} export default { fetch() { ${work} return new Response("done") } }`;

  test("of ten arenas is collected in time", async () => {
    expect(await peakOf(answer(`for (let i = 0; i < 40_000; i++) cycle(i);`))).toBeLessThan(3 * MIB);
  });

  test("leaves room for something large", async () => {
    const large = `for (let i = 0; i < 40_000; i++) cycle(i); new Uint8Array(1_500_000).fill(1);`;
    expect(await peakOf(answer(large))).toBeLessThanOrEqual(4 * MIB);
  });

  test("is not looked for when a request allocates less than three eighths of the free heap", async () => {
    const image = await lab.load(`
      let collected = 0;
      const registry = new FinalizationRegistry(() => collected++);
      export default { async fetch() {
        for (let i = 0; i < 100; i++) { const a = { text: "x".repeat(4000) }; a.self = a; registry.register(a, 0); }
        await null; await null;
        return new Response(String(collected));
      } }`);
    expect((await lab.request(image)).body).toBe("0");
  });

  test("and what is free at the image's end is used before more is asked for", async () => {
    const image = await lab.load(
      `export default { fetch() { new Uint8Array(2 << 20).fill(1); return new Response("done") } }`,
    );
    const { run } = await lab.request(image);
    const grownBytes = run.peakBytes - MAILBOX_BYTES - image.topPages * PAGE_BYTES;
    expect(grownBytes).toBeLessThanOrEqual(2 * MIB);
  });
});
