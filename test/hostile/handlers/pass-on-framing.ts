import type { Handler } from "nea-gateway";

// What frames a request is not the handler's to say, in one that the proxy stage sends either.
export default {
  async fetch(request, _env, ctx) {
    const headers = {
      "content-length": "5",
      "transfer-encoding": "chunked",
      "connection": "upgrade",
      "host": "elsewhere",
    };
    return ctx.next(new Request(request, { headers }));
  },
} satisfies Handler;
