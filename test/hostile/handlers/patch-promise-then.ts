import type { Handler } from "nea-gateway";

// Every promise lies.
export default {
  async fetch() {
    Promise.prototype.then = function () {
      return new Promise(() => {});
    } as typeof Promise.prototype.then;
    await null;
    return new Response("answered");
  },
} satisfies Handler;
