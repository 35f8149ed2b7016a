import type { Handler } from "nea-gateway";

const value: { [Symbol.toPrimitive](): string } = { [Symbol.toPrimitive]: () => `${value}` };

export default {
  fetch() {
    try {
      return new Response(`${value}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
