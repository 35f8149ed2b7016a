import type { Handler } from "nea-gateway";

// The platform's byte arrays turn into something else.
export default {
  fetch() {
    Object.defineProperty(Uint8Array.prototype, "length", { get: () => 1e9 });
    Object.setPrototypeOf(Uint8Array.prototype, null);
    return new Response(new Uint8Array([111, 107]));
  },
} satisfies Handler;
