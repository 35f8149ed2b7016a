import type { Handler } from "nea-gateway";

class Sly extends Promise<unknown> {
  static override get [Symbol.species](): PromiseConstructor {
    throw new Error("no promises today");
  }
}

export default {
  fetch() {
    return Sly.resolve(new Response("answered")) as Promise<Response>;
  },
} satisfies Handler;
