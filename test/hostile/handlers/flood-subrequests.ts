import type { Handler } from "nea-gateway";

// More than the route may make.
export default {
  async fetch(_request, _env, ctx) {
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ctx.next()));
    const failed = answers.filter(({ status }) => status === "rejected").length;
    return new Response(`${failed} failed`);
  },
} satisfies Handler;
