import type { Handler } from "nea-gateway";

// No promise, timer or subrequest could ever wake it.
export default {
  async fetch() {
    await new Promise(() => {});
    return new Response("never");
  },
} satisfies Handler;
