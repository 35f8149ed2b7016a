import type { Handler } from "nea-gateway";

// Properties, each with a getter of its own.
export default {
  fetch() {
    const target = {};
    for (let i = 0; ; i++) Object.defineProperty(target, `property ${i}`, { get: () => i });
  },
} satisfies Handler;
