import type { Handler } from "nea-gateway";

// Wants to be told what its own answer is, after it has given its arena back.
export default {
  async fetch(_request, _env, ctx) {
    const { then } = Promise.prototype;
    Promise.prototype.then = function (this: Promise<unknown>, ...handlers) {
      void then.call(this, (value) => console.log(value));
      return then.apply(this, handlers) as never;
    };
    return ctx.next();
  },
} satisfies Handler;
