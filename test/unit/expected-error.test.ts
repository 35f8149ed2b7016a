import { expect, test } from "vitest";
import { GatewayError } from "../../gateway/errors.ts";

test("an expected error keeps its message and its cause, and no stack", () => {
  const cause = new Error("why");
  const error = new GatewayError("PROXY_CONNECT_FAILED", "10.0.0.1:80", { cause });
  expect(error.message).toBe("PROXY_CONNECT_FAILED: 10.0.0.1:80");
  expect(error.cause).toBe(cause);
  expect(error.stack).not.toContain("\n");
});

test("an error that nobody expected still says where it was made, after one that was expected", () => {
  void new GatewayError("HANDLE_THREW");
  expect(new Error("unexpected").stack).toContain("expected-error.test.ts");
});
