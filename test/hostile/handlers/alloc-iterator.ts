import type { Handler } from "nea-gateway";

// An endless iterator, collected by an iterator helper.
function* zeros() {
  for (;;) yield 0;
}

export default {
  fetch() {
    const helpers = zeros() as unknown as { map(f: (zero: number) => object): { toArray(): object[] } };
    return Response.json(helpers.map((zero) => ({ zero })).toArray());
  },
} satisfies Handler;
