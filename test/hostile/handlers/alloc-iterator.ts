import type { Handler } from "nea-gateway";

// An endless iterator, collected.
function* zeros() {
  for (;;) yield 0;
}

export default {
  fetch() {
    return Response.json(
      zeros()
        .map((zero) => ({ zero }))
        .toArray(),
    );
  },
} satisfies Handler;
