import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("short"));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-length": "50" } });
  },
} satisfies Handler;
