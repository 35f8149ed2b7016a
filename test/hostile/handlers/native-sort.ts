import type { Handler } from "nea-gateway";

// A native loop: the engine's interrupt is not asked in there.
export default {
  fetch() {
    const numbers = Float64Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_003);
    for (;;) numbers.reverse().sort();
  },
} satisfies Handler;
