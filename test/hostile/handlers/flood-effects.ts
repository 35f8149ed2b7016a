import type { Handler } from "nea-gateway";

// More at once than a turn may ask for.
export default {
  async fetch() {
    const answers = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => fetch(`http://undeclared.invalid/${i}`)),
    );
    return new Response(`${answers.length}`);
  },
} satisfies Handler;
