import type { Handler } from "nea-gateway";

// Asked for a stack, it never comes back.
export default {
  fetch() {
    (Error as unknown as { prepareStackTrace: unknown }).prepareStackTrace = () => {
      for (;;);
    };
    throw new Error("look at my stack");
  },
} satisfies Handler;
