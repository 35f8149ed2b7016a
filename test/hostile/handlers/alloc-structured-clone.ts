import type { Handler } from "nea-gateway";

// Clones of clones.
export default {
  fetch() {
    let value: unknown = { text: "x".repeat(10_000) };
    for (;;) value = structuredClone({ a: value, b: value, again: [`${Math.random()}`] });
  },
} satisfies Handler;
