import type { Handler } from "nea-gateway";

export default {
  async fetch() {
    await null;
    throw new Error("after an await");
  },
} satisfies Handler;
