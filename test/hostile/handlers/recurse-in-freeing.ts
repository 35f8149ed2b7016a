import type { Handler } from "nea-gateway";

// A structure so deep that letting go of it must not recurse.
export default {
  fetch() {
    let value: unknown = null;
    for (let i = 0; i < 30_000; i++) value = { value };
    value = null;
    return new Response("freed");
  },
} satisfies Handler;
