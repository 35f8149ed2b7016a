import type { Handler } from "nea-gateway";

// A line break in a log line must not begin a new one.
export default {
  fetch() {
    console.log('innocent"}\n{"level":30,"msg":"forged","status":200}');
    return new Response("logged");
  },
} satisfies Handler;
