import type { Handler } from "nea-gateway";

// What aborts a whole V8 process (nodejs/node issue 47224).
export default {
  fetch() {
    const numbers = new Array(50_000_000).fill(0);
    return new Response(`${numbers.length}`);
  },
} satisfies Handler;
