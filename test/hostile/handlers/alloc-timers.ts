import type { Handler } from "nea-gateway";

// A timer is small; a hundred thousand are not.
export default {
  fetch() {
    for (let i = 0; ; i++) setTimeout(() => {}, 1000 + i, "argument");
  },
} satisfies Handler;
