import type { Handler } from "nea-gateway";

// As large an input as fits, then its text.
export default {
  fetch() {
    const bytes = new Uint8Array(2_000_000).fill(0xe9);
    return new Response(new TextDecoder("utf-8").decode(bytes) + new TextDecoder("utf-16le").decode(bytes));
  },
} satisfies Handler;
