import type { Handler } from "nea-gateway";

// A stream must be of bytes.
export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue("text");
        controller.close();
      },
    });
    return new Response(body);
  },
} satisfies Handler;
