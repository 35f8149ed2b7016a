import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw null;
  },
} satisfies Handler;
