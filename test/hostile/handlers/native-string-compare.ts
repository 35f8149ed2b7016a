import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const text = "é".repeat(50_000);
    for (;;) text.normalize("NFD").localeCompare(text);
  },
} satisfies Handler;
