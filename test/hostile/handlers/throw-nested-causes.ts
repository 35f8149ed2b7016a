import type { Handler } from "nea-gateway";

export default {
  fetch() {
    throw new Error("outer", { cause: new Error("inner", { cause: new Error("innermost") }) });
  },
} satisfies Handler;
