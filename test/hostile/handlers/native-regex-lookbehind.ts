import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response(`${/(?<=(x*x*)*y)z/.test("x".repeat(5000))}`);
  },
} satisfies Handler;
