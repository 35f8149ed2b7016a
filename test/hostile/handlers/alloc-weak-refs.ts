import type { Handler } from "nea-gateway";

// Weak references, and a registry that is told of each.
export default {
  fetch() {
    const kept: unknown[] = [];
    const registry = new FinalizationRegistry(() => kept.push("gone"));
    for (;;) {
      const target = { held: new Array(50).fill(0) };
      registry.register(target, target.held);
      kept.push(new WeakRef(target), target);
    }
  },
} satisfies Handler;
