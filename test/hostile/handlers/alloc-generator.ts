import type { Handler } from "nea-gateway";

// Spreads a generator that never ends.
function* numbers() {
  for (let i = 0; ; i++) yield i;
}

export default {
  fetch() {
    return Response.json([...numbers()]);
  },
} satisfies Handler;
