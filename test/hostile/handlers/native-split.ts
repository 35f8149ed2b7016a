import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const text = "ab".repeat(400_000);
    for (;;) text.split("ba").length;
  },
} satisfies Handler;
