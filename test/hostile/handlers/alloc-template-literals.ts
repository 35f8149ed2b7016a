import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const kept: string[] = [];
    for (;;) kept.push(`${kept.length}:${"-".repeat(1000)}:${kept.at(-1)?.slice(0, 1000)}`);
  },
} satisfies Handler;
