import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const headers = new Headers();
    for (let i = 0; i < 10_000; i++) headers.append(`x-${i}`, `${i}`);
    return new Response("x", { headers });
  },
} satisfies Handler;
