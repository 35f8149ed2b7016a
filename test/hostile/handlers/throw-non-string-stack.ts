import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw Object.defineProperty(new Error("x"), "stack", { value: { toString: () => "at x (y:1:1)" } });
  },
} satisfies Handler;
