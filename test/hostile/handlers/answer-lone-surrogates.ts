import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response("\ud800 alone \udc00", { headers: { "x-also": "ok" } });
  },
} satisfies Handler;
