import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const body = new ReadableStream({
      pull() {
        for (;;);
      },
    });
    return new Response(body);
  },
} satisfies Handler;
