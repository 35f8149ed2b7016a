import type { Handler } from "nea-gateway";

// Asks for the body, and answers without it.
export default {
  fetch(request) {
    void request.text();
    return new Response("answered");
  },
} satisfies Handler;
