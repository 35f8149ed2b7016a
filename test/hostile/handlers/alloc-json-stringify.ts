import type { Handler } from "nea-gateway";

// A small structure with a large text.
export default {
  fetch() {
    let value: unknown[] = ["x"];
    for (let i = 0; i < 40; i++) value = [value, value];
    return new Response(JSON.stringify(value));
  },
} satisfies Handler;
