import type { Handler } from "nea-gateway";

// Reads a body that is larger than the arena.
export default {
  async fetch(request) {
    const text = await request.text();
    return new Response(`${text.length}`);
  },
} satisfies Handler;
