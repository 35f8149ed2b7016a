import type { Handler } from "nea-gateway";

// A status that changes every time it is looked at.
export default {
  fetch() {
    let looks = 0;
    return new Response("x", {
      get status() {
        return ++looks > 1 ? 999 : 200;
      },
    });
  },
} satisfies Handler;
