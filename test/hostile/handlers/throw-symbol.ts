import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw Symbol("why not");
  },
} satisfies Handler;
