import type { Handler } from "nea-gateway";

export default {
  fetch() {
    try {
      crypto.getRandomValues(new Uint8Array(65_537));
    } catch (error) {
      return new Response((error as Error).name);
    }
    return new Response("filled");
  },
} satisfies Handler;
