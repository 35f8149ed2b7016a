import type { Handler } from "nea-gateway";

// Enqueues without being asked.
export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        for (;;) controller.enqueue(new Uint8Array(10_000));
      },
    });
    return new Response(body);
  },
} satisfies Handler;
