import type { Handler } from "nea-gateway";

// Nothing can be changed any more, not by the platform either.
export default {
  async fetch() {
    for (const value of [
      globalThis,
      Object.prototype,
      Array.prototype,
      Promise.prototype,
      Map.prototype,
      Response.prototype,
    ]) {
      Object.freeze(value);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
    return new Response("answered");
  },
} satisfies Handler;
