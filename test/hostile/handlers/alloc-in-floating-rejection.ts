import type { Handler } from "nea-gateway";

export default {
  async fetch() {
    const bomb = {
      get stack(): string {
        const kept: string[] = [];
        for (;;) kept.push("x".repeat(10_000) + kept.length);
      },
    };
    void Promise.reject(bomb);
    await null;
    return new Response("answered");
  },
} satisfies Handler;
