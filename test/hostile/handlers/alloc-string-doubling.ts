import type { Handler } from "nea-gateway";

// The shortest bomb there is.
export default {
  fetch() {
    let text = "x";
    for (;;) text += text;
  },
} satisfies Handler;
