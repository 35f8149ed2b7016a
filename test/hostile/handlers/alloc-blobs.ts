import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const kept: Blob[] = [];
    for (;;) kept.push(new Blob(["x".repeat(10_000), `${kept.length}`]));
  },
} satisfies Handler;
