import type { Handler } from "nea-gateway";

// Starts what it does not wait for.
export default {
  fetch(_request, _env, ctx) {
    void ctx.next("/slow");
    void ctx.next("/slow");
    return new Response("answered");
  },
} satisfies Handler;
