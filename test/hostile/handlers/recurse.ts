import type { Handler } from "nea-gateway";

// Too deep; an ordinary RangeError, and it is not caught.
function down(depth: number): number {
  return down(depth + 1) + 1;
}

export default {
  fetch() {
    return new Response(`${down(0)}`);
  },
} satisfies Handler;
