import type { Handler } from "nea-gateway";

interface Env {
  GREETING: string;
}

// GET /hello/ada is answered with a greeting. Everything global is a web standard: Request, Response, URL, fetch ...
export default {
  fetch(request, env) {
    const name = decodeURIComponent(new URL(request.url).pathname.split("/")[2] || "you");
    return new Response(`${env.GREETING} ${name}\n`);
  },
} satisfies Handler<Env>;
