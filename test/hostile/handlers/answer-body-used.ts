import type { Handler } from "nea-gateway";

export default {
  async fetch() {
    const response = new Response("x");
    await response.text();
    return response;
  },
} satisfies Handler;
