import type { Handler } from "nea-gateway";

// The same response to itself: locked.
export default {
  fetch() {
    const response = new Response("x");
    response.body?.getReader();
    return response;
  },
} satisfies Handler;
