import type { Handler } from "nea-gateway";

const trap: Record<string, unknown> = {};
Object.defineProperty(trap, "self", { get: () => trap["self"] });

export default {
  fetch() {
    try {
      return new Response(`${trap["self"]}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
