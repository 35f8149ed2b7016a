import type { Handler } from "nea-gateway";

// Has the prototype and nothing behind it.
export default {
  fetch() {
    return Object.create(Response.prototype) as Response;
  },
} satisfies Handler;
