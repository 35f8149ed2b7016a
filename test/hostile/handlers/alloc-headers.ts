import type { Handler } from "nea-gateway";

// One header field after another.
export default {
  fetch() {
    const headers = new Headers();
    for (let i = 0; ; i++) headers.append(`x-header-${i}`, `value ${i}`);
  },
} satisfies Handler;
