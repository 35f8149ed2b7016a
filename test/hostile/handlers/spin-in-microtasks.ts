import type { Handler } from "nea-gateway";

export default {
  async fetch() {
    const again = () => queueMicrotask(again);
    again();
    await new Promise(() => {});
    return new Response("never");
  },
} satisfies Handler;
