import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw Object.create(null);
  },
} satisfies Handler;
