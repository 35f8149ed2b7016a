import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const refuse = () => {
      throw new Error("not even that");
    };
    throw Object.defineProperties(new Error("x"), {
      message: { get: refuse },
      stack: { get: refuse },
      name: { get: refuse },
    });
  },
} satisfies Handler;
