import type { Handler } from "nea-gateway";

// Every microtask adds two.
function spread(): void {
  queueMicrotask(spread);
  queueMicrotask(spread);
}

export default {
  async fetch() {
    spread();
    await new Promise(() => {});
    return new Response("never");
  },
} satisfies Handler;
