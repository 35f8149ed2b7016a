import type { Handler } from "nea-gateway";

export default {
  async fetch(_request, _env, ctx) {
    return ctx.next("/a b\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n");
  },
} satisfies Handler;
