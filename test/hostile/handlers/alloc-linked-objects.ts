import type { Handler } from "nea-gateway";

// A linked list of objects, allocated by opcode alone.
export default {
  fetch() {
    let link: object = {};
    for (;;) link = { link };
  },
} satisfies Handler;
