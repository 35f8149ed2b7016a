import type { Handler } from "nea-gateway";

// Half an answer, and then nothing.
export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("half of it"));
      },
    });
    return new Response(body);
  },
} satisfies Handler;
