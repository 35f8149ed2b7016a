import type { Handler } from "nea-gateway";

// More than Content-Length says: what is too much must not become the next answer on this connection.
export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(
          new TextEncoder().encode("12345HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"),
        );
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-length": "5" } });
  },
} satisfies Handler;
