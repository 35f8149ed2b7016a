import type { Handler } from "nea-gateway";

export default {
  fetch() {
    void Promise.reject(new Error("nobody listens"));
    return new Response("still here");
  },
} satisfies Handler;
