/** structuredClone with its transfer list: ArrayBuffers are what can be transferred here. */
import { cloneValue, refuse } from "./clone-value.ts";

export function structuredClone(value: unknown, options?: { transfer?: Iterable<unknown> } | null): unknown {
  if (arguments.length === 0) throw new TypeError("structuredClone: a value is needed");
  const transfer = [...(options?.transfer ?? [])];
  checkTransfer(transfer);
  const clone = cloneValue(value, new Map());
  // Only now: a value that cannot be cloned must leave the buffers as they were.
  for (const buffer of transfer as ArrayBuffer[]) buffer.transfer();
  return clone;
}

function checkTransfer(transfer: unknown[]): asserts transfer is ArrayBuffer[] {
  transfer.forEach((item, index) => {
    if (!(item instanceof ArrayBuffer)) refuse("What is to be transferred is not an ArrayBuffer, so it");
    if (item.detached) refuse("An ArrayBuffer that is detached already");
    if (transfer.indexOf(item) !== index) refuse("An ArrayBuffer that stands twice in the transfer list");
  });
}
