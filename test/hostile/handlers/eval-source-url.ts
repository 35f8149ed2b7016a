import type { Handler } from "nea-gateway";

// Code made of text claims to be another file.
export default {
  fetch() {
    const code = "(function innocent() { for (;;); })()\n//# sourceURL=test/hostile/handlers/answers.ts";
    (0, eval)(code);
    return new Response("never");
  },
} satisfies Handler;
