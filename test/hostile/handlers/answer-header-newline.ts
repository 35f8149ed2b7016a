import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response("x", { headers: { "x-split": "a\r\nset-cookie: stolen=1" } });
  },
} satisfies Handler;
