import type { Handler } from "nea-gateway";

// Nea's first workload: text that never changes, 1 KB of it.
const TEXT = "Never allocate. ".repeat(64);

export default {
  fetch() {
    return new Response(TEXT, { headers: { "content-type": "text/plain" } });
  },
} satisfies Handler;
