import type { Handler } from "nea-gateway";

// Registered symbols are never collected.
export default {
  fetch() {
    for (let i = 0; ; i++) Symbol.for(`symbol number ${i}`);
  },
} satisfies Handler;
