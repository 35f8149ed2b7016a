import type { Handler } from "nea-gateway";

// Takes everything away that has a name.
export default {
  fetch() {
    const scope = globalThis as unknown as Record<string, unknown>;
    const answer = new Response("answered");
    for (const name of Object.getOwnPropertyNames(scope)) {
      try {
        delete scope[name];
      } catch {
        // Not to be had.
      }
    }
    return answer;
  },
} satisfies Handler;
