import type { Handler } from "nea-gateway";

export default {
  fetch() {
    let value: unknown = 0;
    for (let i = 0; i < 5_000; i++) value = [value];
    try {
      return new Response(JSON.stringify(value));
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
