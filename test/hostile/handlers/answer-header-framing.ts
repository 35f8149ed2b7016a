import type { Handler } from "nea-gateway";

// The framing is the gateway's.
export default {
  fetch() {
    return new Response("x", {
      headers: {
        "content-length": "1000",
        "transfer-encoding": "chunked",
        "connection": "upgrade",
        "upgrade": "x",
      },
    });
  },
} satisfies Handler;
