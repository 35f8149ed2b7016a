import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const buffer = new ArrayBuffer(1000, { maxByteLength: 2000 });
    const bytes = new Uint8Array(buffer);
    const response = new Response(bytes);
    buffer.resize(1);
    return response;
  },
} satisfies Handler;
