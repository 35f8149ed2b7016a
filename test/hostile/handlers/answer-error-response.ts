import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return Response.error();
  },
} satisfies Handler;
