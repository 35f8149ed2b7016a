import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response(null, { status: 99 });
  },
} satisfies Handler;
