import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("text"));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-length": "-1e3, x" } });
  },
} satisfies Handler;
