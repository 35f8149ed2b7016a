import type { Handler } from "nea-gateway";

// Walks 2^53 elements that are not there.
export default {
  fetch() {
    return new Response(`${Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)}`);
  },
} satisfies Handler;
