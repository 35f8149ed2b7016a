import type { Handler } from "nea-gateway";

export default {
  fetch() {
    return new Response(`${typeof (globalThis as Record<string, unknown>)["WebAssembly"]}`);
  },
} satisfies Handler;
