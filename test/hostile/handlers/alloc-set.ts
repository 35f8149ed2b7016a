import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const set = new Set<string>();
    for (let i = 0; ; i++) set.add(`member ${i}`);
  },
} satisfies Handler;
