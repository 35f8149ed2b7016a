import type { Handler } from "nea-gateway";

// Nothing shared with anybody.
export default {
  fetch() {
    const found = [
      "SharedArrayBuffer",
      "Atomics",
      "Worker",
      "MessagePort",
      "process",
      "require",
      "Deno",
      "Bun",
    ].filter((name) => typeof (globalThis as Record<string, unknown>)[name] !== "undefined");
    return new Response(found.join(" ") || "none");
  },
} satisfies Handler;
