import type { Handler } from "nea-gateway";

// Would block the thread if the engine let it.
export default {
  fetch() {
    if (typeof SharedArrayBuffer === "undefined" || typeof Atomics === "undefined")
      return new Response("absent");
    const words = new Int32Array(new SharedArrayBuffer(4));
    return new Response(Atomics.wait(words, 0, 0, 60_000));
  },
} satisfies Handler;
