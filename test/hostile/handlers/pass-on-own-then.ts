import type { Handler } from "nea-gateway";

// Answers with a promise that tells nobody: nothing will ever come of it.
export default {
  async fetch(_request, _env, ctx) {
    return Object.assign(ctx.next(), { then() {} });
  },
} satisfies Handler;
