import type { Handler } from "nea-gateway";

// Looked at because nobody listens, it never lets go.
export default {
  fetch() {
    void Promise.reject(
      Object.defineProperty(new Error("x"), "stack", {
        get() {
          for (;;);
        },
      }),
    );
    return new Response("answered");
  },
} satisfies Handler;
