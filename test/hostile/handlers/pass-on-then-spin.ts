import type { Handler } from "nea-gateway";

// Has answered, and goes on: a job that comes after the answer's.
export default {
  async fetch(_request, _env, ctx) {
    queueMicrotask(() => {
      for (;;);
    });
    return ctx.next();
  },
} satisfies Handler;
