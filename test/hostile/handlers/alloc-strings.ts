import type { Handler } from "nea-gateway";

// Long strings, each new.
export default {
  fetch() {
    const kept: string[] = [];
    for (;;) kept.push(`${kept.length}`.padStart(65_536, "x"));
  },
} satisfies Handler;
