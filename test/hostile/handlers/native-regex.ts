import type { Handler } from "nea-gateway";

// Catastrophic backtracking.
export default {
  fetch() {
    return new Response(`${/^(a+)+$/.test(`${"a".repeat(40)}!`)}`);
  },
} satisfies Handler;
