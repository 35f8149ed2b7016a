import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return Response.json({
      toJSON() {
        for (;;);
      },
    });
  },
} satisfies Handler;
