import { createArena, type TestArena } from "nea-gateway/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let arena: TestArena;

beforeAll(async () => {
  arena = await createArena({ handler: "handlers/hello.ts", env: { GREETING: "hello" } });
});

afterAll(() => arena?.close());

test("greets by name", async () => {
  const { response } = await arena.fetch("/hello/ada");
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("hello ada\n");
});

test("needs no more than 2 MiB of its arena", async () => {
  const { peakBytes } = await arena.fetch(`/hello/${"x".repeat(1000)}`);
  expect(peakBytes).toBeLessThan(2 * 1024 * 1024);
});
