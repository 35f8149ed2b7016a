import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const text = "é".repeat(300_000);
    for (let i = 0; ; i++) text.normalize("NFD").localeCompare(text);
  },
} satisfies Handler;
