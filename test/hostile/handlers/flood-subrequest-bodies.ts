import type { Handler } from "nea-gateway";

// Large bodies for requests that nobody will take.
export default {
  async fetch() {
    const body = "x".repeat(1_500_000);
    const sends = Array.from({ length: 100 }, () =>
      fetch("http://undeclared.invalid/", { method: "POST", body }),
    );
    const answers = await Promise.allSettled(sends);
    return new Response(`${answers.length}`);
  },
} satisfies Handler;
