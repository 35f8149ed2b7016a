import type { Handler } from "nea-gateway";

// The body's bytes are gone before they are sent.
export default {
  fetch() {
    const bytes = new Uint8Array(1000).fill(97);
    const response = new Response(bytes);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return response;
  },
} satisfies Handler;
