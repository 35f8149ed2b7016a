import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return "hello" as unknown as Response;
  },
} satisfies Handler;
