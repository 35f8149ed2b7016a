import type { Handler } from "nea-gateway";

export default {
  fetch() {
    Array.prototype[Symbol.iterator] = function* () {
      yield "x-forged";
    } as (typeof Array.prototype)[typeof Symbol.iterator];
    return new Response("answered", { headers: [["x-own", "1"]] });
  },
} satisfies Handler;
