import type { Handler } from "nea-gateway";

// Looks for the function through which the platform reaches the host.
export default {
  fetch() {
    const found = Object.getOwnPropertyNames(globalThis).filter((name) =>
      /host|qjs|nea|std|^os$|scriptArgs|print/i.test(name),
    );
    return new Response(found.join(",") || "nothing");
  },
} satisfies Handler;
