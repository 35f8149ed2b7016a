import type { Handler } from "nea-gateway";

// Quadratic, and native.
export default {
  fetch() {
    const digits = (7n ** 350_000n).toString();
    return new Response(`${digits.length}`);
  },
} satisfies Handler;
