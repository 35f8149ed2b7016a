import type { Handler } from "nea-gateway";

export default {
  fetch() {
    Object.defineProperty(Error.prototype, "stack", {
      get: () => "    at forged (test/hostile/handlers/answers.ts:1:1)",
    });
    Object.defineProperty(Error.prototype, "message", { set() {}, get: () => "forged" });
    (Error as unknown as { prepareStackTrace: unknown }).prepareStackTrace = () =>
      "    at forged (test/hostile/handlers/answers.ts:1:1)";
    null!.length;
  },
} satisfies Handler;
