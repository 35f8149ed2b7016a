import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const refuse = () => {
      throw new Error("do not call me");
    };
    Function.prototype.call = refuse;
    Function.prototype.apply = refuse;
    Function.prototype.bind = refuse;
    return new Response("answered");
  },
} satisfies Handler;
