import type { Handler } from "nea-gateway";

export default {
  fetch() {
    let value: unknown[] = [];
    for (let i = 0; i < 20_000; i++) value = [value];
    try {
      return new Response(`${value.flat(Infinity).length} ${`${value}`.length}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
