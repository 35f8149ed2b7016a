import type { Handler } from "nea-gateway";

// Code that writes longer code.
export default {
  fetch() {
    let code = "1";
    for (;;) {
      code = `(${code}) + (${code})`;
      (0, eval)(code);
    }
  },
} satisfies Handler;
