import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw new TypeError("an ordinary mistake");
  },
} satisfies Handler;
