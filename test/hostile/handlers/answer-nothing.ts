import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return undefined as unknown as Response;
  },
} satisfies Handler;
