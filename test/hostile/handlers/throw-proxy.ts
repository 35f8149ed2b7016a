import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const refuse = () => {
      throw new Error("not even that");
    };
    throw new Proxy(new Error("x"), { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse });
  },
} satisfies Handler;
