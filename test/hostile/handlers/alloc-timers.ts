import type { Handler } from "nea-gateway";

// A timer is small; a hundred thousand are not.
export default {
  fetch() {
    for (let i = 0; ; i++) setTimeout(() => i, 1000 + i);
  },
} satisfies Handler;
