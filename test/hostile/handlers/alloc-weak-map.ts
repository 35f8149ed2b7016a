import type { Handler } from "nea-gateway";

// Weak keys that are kept all the same.
export default {
  fetch() {
    const keys: object[] = [];
    const map = new WeakMap<object, number[]>();
    for (;;) {
      const key = {};
      keys.push(key);
      map.set(key, new Array(100).fill(keys.length));
    }
  },
} satisfies Handler;
