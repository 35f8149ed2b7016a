import type { Handler } from "nea-gateway";

// More lines than anybody wants.
export default {
  fetch() {
    for (let i = 0; i < 100_000; i++) console.log(`line ${i}`);
    return new Response("logged");
  },
} satisfies Handler;
