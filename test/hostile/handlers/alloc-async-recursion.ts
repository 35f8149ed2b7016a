import type { Handler } from "nea-gateway";

// Each call awaits the next one.
async function next(depth: number): Promise<number> {
  await null;
  return (await next(depth + 1)) + 1;
}

export default {
  async fetch() {
    return new Response(`${await next(0)}`);
  },
} satisfies Handler;
