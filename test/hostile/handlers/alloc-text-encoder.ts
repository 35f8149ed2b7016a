import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const kept: Uint8Array[] = [];
    const encoder = new TextEncoder();
    for (;;) kept.push(encoder.encode("x".repeat(50_000) + kept.length));
  },
} satisfies Handler;
