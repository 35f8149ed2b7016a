import type { Handler } from "nea-gateway";

// A native loop: the engine's interrupt is not asked in there.
export default {
  fetch() {
    const numbers = new Float64Array(400_000);
    for (;;) {
      for (let i = 0; i < 64; i++) numbers[(i * 7919) % numbers.length] = i;
      numbers.sort();
    }
  },
} satisfies Handler;
