import type { Handler } from "nea-gateway";

// Promises that all wait for one.
export default {
  fetch() {
    const gate = new Promise<void>(() => {});
    const waiting: Promise<void>[] = [];
    for (;;) waiting.push(gate.then(() => {}));
  },
} satisfies Handler;
