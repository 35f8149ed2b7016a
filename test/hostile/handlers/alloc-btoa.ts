import type { Handler } from "nea-gateway";

export default {
  fetch() {
    let text = "x".repeat(1000);
    for (;;) text = btoa(text + text);
  },
} satisfies Handler;
