import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw new Error("x".repeat(1_000_000));
  },
} satisfies Handler;
