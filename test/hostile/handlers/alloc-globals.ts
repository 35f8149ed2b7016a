import type { Handler } from "nea-gateway";

// A global variable per step.
export default {
  fetch() {
    const scope = globalThis as unknown as Record<string, unknown>;
    for (let i = 0; ; i++) scope[`leak_${i}`] = `${i}`.repeat(100);
  },
} satisfies Handler;
