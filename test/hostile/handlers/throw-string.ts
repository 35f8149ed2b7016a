import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw "only a string";
  },
} satisfies Handler;
