import type { Handler } from "nea-gateway";

// One chunk that is larger than any buffer outside.
export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(700_000).fill(120));
        controller.close();
      },
    });
    return new Response(body);
  },
} satisfies Handler;
