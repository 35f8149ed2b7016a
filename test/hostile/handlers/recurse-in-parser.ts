import type { Handler } from "nea-gateway";

export default {
  fetch() {
    try {
      return new Response(`${(0, eval)("(".repeat(20_000) + "1" + ")".repeat(20_000))}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
