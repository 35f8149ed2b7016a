import type { Handler } from "nea-gateway";

// The platform must not trust what a class says about itself.
export default {
  fetch() {
    Object.defineProperty(Response, Symbol.hasInstance, { value: () => true });
    Object.defineProperty(Response.prototype, "status", { get: () => 999 });
    Object.defineProperty(Response.prototype, "headers", { get: () => null });
    return new Response("answered");
  },
} satisfies Handler;
