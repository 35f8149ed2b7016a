import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const map = new Map<number, string>();
    for (let i = 0; ; i++) map.set(i, `value ${i}`);
  },
} satisfies Handler;
