import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const text = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => i));
    for (;;) JSON.parse(text);
  },
} satisfies Handler;
