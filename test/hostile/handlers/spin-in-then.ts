import type { Handler } from "nea-gateway";

// What an async function returns is asked for its `then`.
export default {
  fetch() {
    return {
      get then() {
        for (;;);
      },
    } as unknown as Response;
  },
} satisfies Handler;
