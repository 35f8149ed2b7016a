import type { Handler } from "nea-gateway";

// A URL as long as the arena.
export default {
  fetch() {
    const url = new URL(`http://localhost/?${"a=b&".repeat(500_000)}`);
    return new Response(`${[...url.searchParams].length}`);
  },
} satisfies Handler;
