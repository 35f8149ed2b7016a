import type { Handler } from "nea-gateway";

// Nea's second workload: GET /allocate/50 makes an array of 50 x 1024 slots, fills it, and answers how many.
export default {
  fetch(request) {
    const count = Number(new URL(request.url).pathname.split("/")[2]);
    const slots = new Array<number>(count * 1024).fill(0xaa);
    return new Response(`${slots.length}\n`, { headers: { "content-type": "text/plain" } });
  },
} satisfies Handler;
