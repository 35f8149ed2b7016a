import type { Handler } from "nea-gateway";

// Overflows while its answer is being read.
export default {
  fetch() {
    const kept: string[] = [];
    let chunks = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (++chunks > 3) for (;;) kept.push("x".repeat(10_000) + kept.length);
        controller.enqueue(new TextEncoder().encode(`chunk ${chunks}\n`));
      },
    });
    return new Response(body);
  },
} satisfies Handler;
