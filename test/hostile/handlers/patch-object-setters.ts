import type { Handler } from "nea-gateway";

// Setters on Object.prototype see whatever is assigned by name.
export default {
  fetch() {
    for (const name of [
      "status",
      "headers",
      "body",
      "method",
      "url",
      "stack",
      "message",
      "0",
      "1",
      "length",
      "then",
      "value",
      "done",
    ]) {
      Object.defineProperty(Object.prototype, name, { set() {}, get: () => 666, configurable: true });
    }
    return new Response("answered");
  },
} satisfies Handler;
