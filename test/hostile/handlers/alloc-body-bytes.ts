import type { Handler } from "nea-gateway";

// Reads a body that is larger than the arena.
export default {
  async fetch(request) {
    const bytes = await request.arrayBuffer();
    return new Response(`${bytes.byteLength}`);
  },
} satisfies Handler;
