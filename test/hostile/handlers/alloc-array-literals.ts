import type { Handler } from "nea-gateway";

// Allocates by opcode alone: the engine notes no position for these.
export default {
  fetch() {
    let list: unknown[] = [];
    for (;;) list = [list, list, list, list];
  },
} satisfies Handler;
