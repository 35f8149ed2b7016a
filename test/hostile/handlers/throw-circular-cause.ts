import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const error = new Error("round");
    error.cause = error;
    throw error;
  },
} satisfies Handler;
