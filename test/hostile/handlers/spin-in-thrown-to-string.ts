import type { Handler } from "nea-gateway";

class Slow extends Error {
  override get name(): string {
    for (;;);
  }
}

export default {
  fetch() {
    throw new Slow("x");
  },
} satisfies Handler;
