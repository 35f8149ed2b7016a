import type { Handler } from "nea-gateway";

// Setters on Object.prototype see whatever is assigned by name.
const names = [
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
];

export default {
  fetch() {
    for (const name of names) {
      const descriptor = Object.assign(Object.create(null) as PropertyDescriptor, {
        set() {},
        get: () => 666,
        configurable: true,
      });
      Object.defineProperty(Object.prototype, name, descriptor);
    }
    return new Response("answered");
  },
} satisfies Handler;
