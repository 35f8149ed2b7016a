import type { Handler } from "nea-gateway";

// A bound function of a bound function.
export default {
  fetch() {
    let bound: () => void = () => {};
    for (let i = 0; i < 20_000; i++) bound = bound.bind(null);
    try {
      bound();
      return new Response("returned");
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
