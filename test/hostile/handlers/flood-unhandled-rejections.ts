import type { Handler } from "nea-gateway";

export default {
  fetch() {
    for (let i = 0; i < 5000; i++) void Promise.reject(new Error(`${i}`));
    return new Response("answered");
  },
} satisfies Handler;
