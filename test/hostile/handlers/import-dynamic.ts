import type { Handler } from "nea-gateway";

// There is nothing to import from.
export default {
  async fetch() {
    try {
      await import(["node:", "fs"].join(""));
    } catch (error) {
      return new Response((error as Error).name);
    }
    return new Response("imported");
  },
} satisfies Handler;
