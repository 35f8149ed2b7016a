import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("text"));
        controller.close();
      },
    });
    const headers = new Headers({ "content-length": "4" });
    headers.append("content-length", "3000");
    return new Response(body, { headers });
  },
} satisfies Handler;
