// Whoever builds an image is rung for as any turn is, at any moment: what the bell finds is this build's time.
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { loadEngine } from "../../gateway/arena/engine.ts";
import { ImageBuilder } from "../../gateway/arena/image-builder.ts";
import { BELL } from "../../gateway/arena/layout.ts";
import { recipeOf, sharedMemory } from "../support/image-recipe.ts";

const CPU_MS = 2000;
const CODE = "export default { fetch: () => new Response('hello') };";

const RINGER = `
  const { workerData: [words, bell], parentPort } = require("node:worker_threads");
  parentPort.postMessage("ringing");
  for (;;) Atomics.store(words, bell, 1);
`;

/** Uses more CPU time than a build may, in between. */
function burn(): void {
  const { user } = process.threadCpuUsage();
  while (process.threadCpuUsage().user - user < CPU_MS * 1000);
}

test("the bell is rung all the time: one image is made after the other, whatever the thread does in between", async () => {
  const memory = sharedMemory();
  const ringer = new Worker(RINGER, { eval: true, workerData: [new Int32Array(memory.buffer), BELL] });
  await new Promise((resolve) => ringer.once("message", resolve));
  const builder = new ImageBuilder(loadEngine(), memory, sharedMemory());
  const recipe = await recipeOf(CODE, CPU_MS);
  expect(builder.build(recipe)).toMatchObject({ ok: true });
  burn();
  expect(builder.build(recipe)).toMatchObject({ ok: true });
  await ringer.terminate();
});
