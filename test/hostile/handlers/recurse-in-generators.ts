import type { Handler } from "nea-gateway";

function* nest(depth: number): Generator<number> {
  yield* nest(depth + 1);
}

export default {
  fetch() {
    try {
      return new Response(`${nest(0).next().value}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
