import type { Handler } from "nea-gateway";

// Only declared upstreams can be reached.
export default {
  async fetch() {
    const tries = [
      "http://169.254.169.254/",
      "http://localhost:1/",
      "file:///etc/passwd",
      "http://127.0.0.1:9090/",
    ];
    const answers = await Promise.allSettled(tries.map((url) => fetch(url)));
    return new Response(answers.map(({ status }) => status).join(" "));
  },
} satisfies Handler;
