import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const refuse = () => {
      throw new Error("no text");
    };
    const value = {
      toString: refuse,
      toJSON: refuse,
      [Symbol.toPrimitive]: refuse,
      get property() {
        return refuse();
      },
    };
    console.log(value);
    console.log(
      new Proxy(
        {},
        { get: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse, getPrototypeOf: refuse },
      ),
    );
    try {
      console.log("%s %d %o", value, value, value);
    } catch {
      console.log("threw");
    }
    return new Response("logged");
  },
} satisfies Handler;
