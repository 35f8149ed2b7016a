import type { Handler } from "nea-gateway";

function down(depth: number): number {
  return down(depth + 1) + 1;
}

export default {
  fetch() {
    try {
      return new Response(`${down(0)}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
