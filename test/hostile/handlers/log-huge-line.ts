import type { Handler } from "nea-gateway";

export default {
  fetch() {
    console.log("x".repeat(1_000_000));
    return new Response("logged");
  },
} satisfies Handler;
