import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("begun"));
      },
      pull() {
        throw new Error("cannot go on");
      },
    });
    return new Response(body);
  },
} satisfies Handler;
