import type { Handler } from "nea-gateway";

// Claims to be somewhere else.
export default {
  fetch() {
    const error = new Error("look over there");
    error.stack =
      "    at innocent (test/hostile/handlers/answers.ts:1:1)\n    at <anonymous> (/etc/passwd:1:1)";
    throw error;
  },
} satisfies Handler;
