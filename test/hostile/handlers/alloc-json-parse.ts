import type { Handler } from "nea-gateway";

// A small text with a large structure.
export default {
  fetch() {
    const text = `[${"[],".repeat(300_000)}0]`;
    return Response.json((JSON.parse(text) as unknown[]).length);
  },
} satisfies Handler;
