import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response(null, { status: 101 });
  },
} satisfies Handler;
