import { describe, expect, test } from "vitest";
import { codes, GatewayError, isCode, renderCodes } from "../../gateway/errors.ts";
import type { Code } from "../../gateway/errors.ts";

const all = Object.entries(codes);

describe("the table of codes", () => {
  test.each(all)("%s is a stage of a request's life and what ended it there", (code) => {
    expect(code).toMatch(/^(ACCEPT|ADMIT|ARENA|HANDLE|PROXY|REPLY|GATEWAY)(_[A-Z]+)+$/);
  });

  test.each(all)("%s has an error status, a title for clients and a meaning for operators", (_, entry) => {
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
    expect(entry.title).toMatch(/^[A-Z][^.]*$/);
    expect(entry.meaning).toMatch(/\.$/);
  });

  test("every 503 says when to come back, since it is about a moment and not about the request", () => {
    const without = all.filter(([, { status, retryAfterS }]) => status === 503 && retryAfterS === undefined);
    expect(without).toEqual([]);
  });

  test("499 is no status by any RFC, so no response carries it", () => {
    for (const [code, { status, logOnly }] of all)
      if (status === 499) expect([code, logOnly]).toEqual([code, true]);
  });

  test.each<[Code, number]>([
    ["ADMIT_QUEUE_FULL", 503],
    ["ADMIT_WAIT_EXPIRED", 503],
    ["ARENA_MEMORY_EXCEEDED", 500],
    ["HANDLE_CPU_EXCEEDED", 500],
    ["HANDLE_TIMED_OUT", 504],
    ["HANDLE_THREW", 500],
    ["HANDLE_BAD_RESPONSE", 500],
    ["PROXY_CONNECT_FAILED", 502],
    ["PROXY_TIMED_OUT", 504],
    ["ACCEPT_BODY_TOO_LARGE", 413],
    ["ACCEPT_BAD_REQUEST", 400],
  ])("%s stays %i: clients and dashboards are built on it", (code, status) => {
    expect(codes[code].status).toBe(status);
  });

  test("the Markdown table has every code in a row of its own, with as many cells as the heading", () => {
    const lines = renderCodes().trimEnd().split("\n");
    expect(lines).toHaveLength(all.length + 2);
    for (const line of lines) expect(line.split("|")).toHaveLength(7);
  });
});

describe("GatewayError", () => {
  test("takes status, title and Retry-After from the table", () => {
    const error = new GatewayError("ADMIT_DRAINING", "signal 1 s ago");
    expect(error).toMatchObject({ status: 503, title: "The gateway is shutting down", retryAfterS: 1 });
    expect(error.message).toBe("ADMIT_DRAINING: signal 1 s ago");
  });

  test("carries the thrower's own estimate of when to come back", () => {
    expect(new GatewayError("ARENA_ROUTE_TRIPPED", "", { retryAfterS: 17 }).retryAfterS).toBe(17);
  });

  test("has no Retry-After where coming back is no remedy", () => {
    expect(new GatewayError("HANDLE_THREW").retryAfterS).toBeUndefined();
  });

  test("keeps the cause for the log", () => {
    const cause = new Error("ECONNREFUSED");
    expect(new GatewayError("PROXY_CONNECT_FAILED", "app", { cause }).cause).toBe(cause);
  });
});

test("isCode() knows the codes and nothing else", () => {
  expect(isCode("HANDLE_THREW")).toBe(true);
  expect(isCode("constructor")).toBe(false);
});
