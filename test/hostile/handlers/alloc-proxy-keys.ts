import type { Handler } from "nea-gateway";

// A proxy that claims endless keys.
export default {
  fetch() {
    const endless = new Proxy({}, { ownKeys: () => Array.from({ length: 1e7 }, (_, i) => `key ${i}`) });
    return Response.json(Object.keys(endless));
  },
} satisfies Handler;
