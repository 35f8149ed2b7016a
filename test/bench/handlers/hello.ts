import type { Handler } from "nea-gateway";

// GET /hello/ada is answered "hello ada".
export default {
  fetch(request) {
    const name = new URL(request.url).pathname.split("/")[2] || "you";
    return new Response(`hello ${name}\n`, { headers: { "content-type": "text/plain" } });
  },
} satisfies Handler;
