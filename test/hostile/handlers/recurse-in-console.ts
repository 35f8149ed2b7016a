import type { Handler } from "nea-gateway";

export default {
  fetch() {
    let value: unknown = 0;
    for (let i = 0; i < 10_000; i++) value = { value };
    console.log(value);
    return new Response("logged");
  },
} satisfies Handler;
