import type { Handler } from "nea-gateway";

// Goes on to the upstream; the answer passes by the arena.
export default {
  fetch(_request, _env, ctx) {
    return ctx.next();
  },
} satisfies Handler;
