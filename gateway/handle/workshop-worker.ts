/** The other end of workshop-thread.ts: does what it is told, one thing after the other, and ends when esbuild's process has. */
import { parentPort } from "node:worker_threads";
import { BundleError } from "./bundle.ts";
import { workbenchHere } from "./workshop.ts";
import type { Delivered, Order } from "./workshop-thread.ts";

async function deliver(order: NonNullable<Order>): Promise<Delivered> {
  try {
    const made =
      "bundle" in order ? await workbenchHere.bundle(order.bundle) : await workbenchHere.script(order.script);
    return { made };
  } catch (error) {
    return error instanceof BundleError ? { faults: error.faults } : { error };
  }
}

let work = Promise.resolve();
parentPort!.on("message", (order: Order) => {
  work = work.then(async () => {
    if (order) return parentPort!.postMessage(await deliver(order));
    await workbenchHere.close();
    parentPort!.close();
  });
});
