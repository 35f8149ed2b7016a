import type { Handler } from "nea-gateway";

export default {
  fetch() {
    try {
      return new Response(`${typeof JSON.parse("[".repeat(20_000) + "]".repeat(20_000))}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
