import type { Handler } from "nea-gateway";

// A thenable that answers twice, and throws in between.
export default {
  fetch() {
    return {
      then(resolve: (value: Response) => void) {
        resolve(new Response("first"));
        resolve(new Response("second"));
        throw new Error("ignored");
      },
    } as unknown as Response;
  },
} satisfies Handler;
