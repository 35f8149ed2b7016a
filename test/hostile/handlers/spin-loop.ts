import type { Handler } from "nea-gateway";

// Nothing but time.
export default {
  fetch() {
    for (;;);
  },
} satisfies Handler;
