import type { Handler } from "nea-gateway";

// A large answer from a handler that goes on: it must not be kept twice.
export default {
  fetch(_request, _env, ctx) {
    ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 20)));
    return new Response("x".repeat(300_000));
  },
} satisfies Handler;
