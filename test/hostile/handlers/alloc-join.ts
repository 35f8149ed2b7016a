import type { Handler } from "nea-gateway";

// An array of holes has a long text.
export default {
  fetch() {
    return new Response(new Array(100_000_000).join("-"));
  },
} satisfies Handler;
