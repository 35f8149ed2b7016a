import type { Handler } from "nea-gateway";

// One promise job after the other, without end.
export default {
  async fetch() {
    for (;;) await null;
  },
} satisfies Handler;
