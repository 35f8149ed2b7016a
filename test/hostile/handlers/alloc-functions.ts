import type { Handler } from "nea-gateway";

// Compiles one function after another.
export default {
  fetch() {
    const kept: unknown[] = [];
    for (;;) kept.push(new Function("a", `return a + ${kept.length}`));
  },
} satisfies Handler;
