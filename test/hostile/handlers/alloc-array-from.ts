import type { Handler } from "nea-gateway";

// A length that nothing stands behind.
export default {
  fetch() {
    return Response.json(Array.from({ length: 1e9 }, (_, i) => i));
  },
} satisfies Handler;
