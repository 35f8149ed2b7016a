import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const bytes = new Uint8Array(1_000_000);
    for (let i = 0; ; i++) bytes.fill(i).reverse();
  },
} satisfies Handler;
