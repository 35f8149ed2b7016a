import type { Handler } from "nea-gateway";

// Squares until it is over.
export default {
  fetch() {
    let number = 3n;
    for (;;) number *= number;
  },
} satisfies Handler;
