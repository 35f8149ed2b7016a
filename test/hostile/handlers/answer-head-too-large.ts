import type { Handler } from "nea-gateway";

// Many fields that fit into the arena, but not into a head.
export default {
  fetch() {
    const headers = new Headers();
    for (let i = 0; i < 1500; i++) headers.append(`x-field-${i}`, "value ".repeat(10));
    return new Response("x", { headers });
  },
} satisfies Handler;
