import type { Handler } from "nea-gateway";

// Tries to steer the record of its own abort.
(Error as unknown as { prepareStackTrace: unknown }).prepareStackTrace = () => "at innocent (answers.ts:1:1)";
Object.defineProperty(Error.prototype, "stack", { get: () => "at innocent (answers.ts:1:1)" });
function guilty(): void {
  const kept: string[] = [];
  for (;;) kept.push("x".repeat(10_000) + kept.length);
}
Object.defineProperty(guilty, "name", { value: "innocent" });

export default {
  fetch() {
    guilty();
    return new Response("never");
  },
} satisfies Handler;
