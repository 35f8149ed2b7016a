import type { Handler } from "nea-gateway";

// Fast enough once, endless in a row.
export default {
  fetch() {
    for (let i = 0; ; i++) `${i}`.padStart(2_000_000, "ab").indexOf("bb");
  },
} satisfies Handler;
