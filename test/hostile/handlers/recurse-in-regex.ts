import type { Handler } from "nea-gateway";

export default {
  fetch() {
    try {
      return new Response(`${new RegExp("(".repeat(10_000) + ")".repeat(10_000)).test("x")}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
