import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw undefined;
  },
} satisfies Handler;
