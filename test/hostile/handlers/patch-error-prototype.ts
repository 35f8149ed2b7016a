import type { Handler } from "nea-gateway";

// Every error claims to come from somewhere else.
const forged = "    at innocent (test/hostile/handlers/patch-error-prototype.ts:1:1)";

export default {
  fetch() {
    Object.defineProperty(Error.prototype, "stack", { get: () => forged });
    Object.defineProperty(Error.prototype, "message", { set() {}, get: () => "forged" });
    (Error as unknown as { prepareStackTrace: unknown }).prepareStackTrace = () => forged;
    return new Response(`${(undefined as unknown as Response).status}`);
  },
} satisfies Handler;
