import type { Handler } from "nea-gateway";

export default {
  fetch() {
    console.log("\u001b[2J\u001b[H\u0007\u0000\u2028 cleared your screen");
    return new Response("logged");
  },
} satisfies Handler;
