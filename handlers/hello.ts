import type { Handler } from "nea-gateway";

// GET /hello/ada is answered "hello ada". The greeting comes from the route's `env` in config/gateway.yaml.
export default {
  fetch(request, env) {
    const name = new URL(request.url).pathname.split("/")[2] || "you";
    return new Response(`${env.GREETING} ${name}\n`, {
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  },
} satisfies Handler<{ GREETING: string }>;
