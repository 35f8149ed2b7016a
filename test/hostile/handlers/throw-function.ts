import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw function thrown() {};
  },
} satisfies Handler;
