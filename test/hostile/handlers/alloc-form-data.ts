import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const form = new FormData();
    for (let i = 0; ; i++) form.append(`name ${i}`, "x".repeat(1000));
  },
} satisfies Handler;
