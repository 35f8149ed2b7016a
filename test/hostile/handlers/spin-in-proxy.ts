import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const value: object = new Proxy(
      {},
      {
        get() {
          for (;;);
        },
      },
    );
    return value as Response;
  },
} satisfies Handler;
