import type { Handler } from "nea-gateway";

// One allocation of 1 GB.
export default {
  fetch() {
    const bytes = new Uint8Array(1_073_741_824);
    return new Response(bytes);
  },
} satisfies Handler;
