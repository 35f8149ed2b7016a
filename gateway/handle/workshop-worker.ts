/** The other end of workshop-thread.ts: does what it is told, one thing after the other, and ends when esbuild's process has. */
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { parentPort } from "node:worker_threads";
import { ASIDE_NICE, giveWay } from "../shared/give-way.ts";
import type { Delivered, Order } from "./workshop-thread.ts";

// Before esbuild starts, which inherits it.
giveWay(ASIDE_NICE);
const { BundleError } = await import("./bundle.ts");
const { workbenchHere } = await import("./workshop.ts");

/** esbuild does not show its process. It has to be waited for here: nobody else would, and it would stay in the kernel's table. */
const ends: Promise<unknown>[] = [];
subscribe("child_process", (message) => {
  ends.push(once((message as { process: ChildProcess }).process, "exit"));
});

async function deliver(order: NonNullable<Order>): Promise<Delivered> {
  try {
    const made =
      "bundle" in order ? await workbenchHere.bundle(order.bundle) : await workbenchHere.script(order.script);
    return { made };
  } catch (error) {
    return error instanceof BundleError ? { faults: error.faults } : { error };
  }
}

async function close(): Promise<void> {
  await workbenchHere.close();
  await Promise.all(ends);
  parentPort!.close();
}

let work = Promise.resolve();
parentPort!.on("message", (order: Order) => {
  work = work.then(async () => {
    if (order === null) await close();
    else parentPort!.postMessage(await deliver(order));
  });
});
