import type { Handler } from "nea-gateway";

// Every match becomes longer.
export default {
  fetch() {
    let text = "aaaa";
    for (;;) text = text.replace(/a/g, "aaaa");
  },
} satisfies Handler;
