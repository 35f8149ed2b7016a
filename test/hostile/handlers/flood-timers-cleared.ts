import type { Handler } from "nea-gateway";

// Set and cleared within one turn: each asks the host for something.
export default {
  fetch() {
    for (let i = 2000; i > 0; i--) clearTimeout(setTimeout(() => {}, i));
    return new Response("cleared");
  },
} satisfies Handler;
