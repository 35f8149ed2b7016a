import type { Handler } from "nea-gateway";

// As many arguments as a call takes, kept by every frame.
function nest(...values: number[]): number {
  return nest(...values, ...values);
}

export default {
  fetch() {
    return new Response(`${nest(1, 2, 3)}`);
  },
} satisfies Handler;
