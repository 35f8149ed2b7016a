import type { Handler } from "nea-gateway";

// The upstream never answers.
export default {
  fetch(_request, _env, ctx) {
    return ctx.next();
  },
} satisfies Handler;
