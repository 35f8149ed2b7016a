import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const text = "ab".repeat(20_000);
    for (;;) text.split("ba").length;
  },
} satisfies Handler;
