import { Writable } from "node:stream";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { AccessLog } from "../../gateway/access-log.ts";
import type { Arrival } from "../../gateway/accept/exchange.ts";
import { GatewayError } from "../../gateway/errors.ts";
import { failureOf, logFailure } from "../../gateway/failure.ts";
import { requestRecord as record } from "../support/request-record.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

function arrival(target = "/hello/ada?token=secret"): Arrival {
  const known = { method: "GET", target, requestId: "r1", traceId: TRACE, clientAddress: "10.0.0.7" };
  return known as unknown as Arrival;
}

/** A log, and the lines that were written to it. */
function collecting(sample2xx = 1) {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  const logger = pino({ level: "info" }, stream);
  return { lines, logger, log: new AccessLog(logger, sample2xx) };
}

describe("the access log", () => {
  test("says of a request what came, where it went, how it ended and what it cost", () => {
    const { lines, log } = collecting();
    log.write(arrival(), record(), 12.3456);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 30,
        requestId: "r1",
        traceId: TRACE,
        method: "GET",
        path: "/hello/ada",
        client: "10.0.0.7",
        route: "hello",
        handler: "handlers/hello.ts",
        pool: "small",
        status: 200,
        code: null,
        wait: 0,
        duration: 12.346,
        bytesOut: 10,
        arenaPeakBytes: 65536,
        cpu: 0.5,
        target: null,
        msg: "request",
      }),
    ]);
  });

  test("leaves the query out: it is where people put secrets", () => {
    const { lines, log } = collecting();
    log.write(arrival(), record(), 1);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  test("warns of 5xx that the gateway is answerable for, with code and detail", () => {
    const { lines, log } = collecting();
    const error = new GatewayError("PROXY_CONNECT_FAILED", "app: ECONNREFUSED");
    log.write(arrival(), record({ status: 502, error }), 1);
    log.write(arrival(), record({ status: 502 }), 1);
    expect(lines.map(({ level, code, detail }) => [level, code, detail])).toEqual([
      [40, "PROXY_CONNECT_FAILED", "app: ECONNREFUSED"],
      [30, null, undefined],
    ]);
  });

  test.each([
    [200, null, false],
    [299, null, false],
    [199, null, true],
    [300, null, true],
    [404, null, true],
    [0, null, true],
    [200, new GatewayError("REPLY_CLIENT_GONE"), true],
  ])("with no 2xx wanted, status %i with error %s has a line: %s", (status, error, wanted) => {
    const { lines, log } = collecting(0);
    log.write(arrival(), record({ status, error }), 1);
    expect(lines).toHaveLength(wanted ? 1 : 0);
  });

  test("writes about the wanted part of 2xx", () => {
    const { lines, log } = collecting(0.25);
    for (let i = 0; i < 4000; i++) log.write(arrival(), record(), 1);
    // Six standard deviations (27 lines each) from the middle.
    expect(Math.abs(lines.length - 1000)).toBeLessThan(6 * 28);
  });
});

describe("the record of a failure", () => {
  const served = {
    error: new GatewayError("ARENA_MEMORY_EXCEEDED", "memory"),
    culprit: {
      at: "a.ts:1:2",
      functionName: "f",
      precision: "call",
      stack: ["f (a.ts:1:2)"],
      codeFrame: "> 1 |",
    },
    cause: "memory",
    askedBytes: 100,
    arenaPeakBytes: 4000,
    cpuUs: 2500,
  } as unknown as Parameters<typeof failureOf>[2];
  const exchange = arrival() as Parameters<typeof failureOf>[0];

  test("has the ids, the place, and what was asked for; no query", () => {
    const failure = failureOf(exchange, record(), served, 4096)!;
    expect(failure).toMatchObject({
      requestId: "r1",
      traceId: TRACE,
      path: "/hello/ada",
      at: "a.ts:1:2",
      askedBytes: 100,
    });
    expect(failure).toMatchObject({
      arenaBytes: 4096,
      cpuMs: 2.5,
      cause: "memory",
      code: "ARENA_MEMORY_EXCEEDED",
    });
  });

  test("is none for a handler that ended as it should", () => {
    expect(failureOf(exchange, record(), { ...served, culprit: null }, 4096)).toBeNull();
  });

  test("is logged as an error that begins with the place, with memory figures only where memory was the cause", () => {
    const { lines, logger } = collecting();
    const failure = failureOf(exchange, record(), served, 4096)!;
    logFailure(logger, failure);
    logFailure(logger, { ...failure, cause: "threw", at: null });
    expect(lines[0]).toMatchObject({
      level: 50,
      msg: "handler aborted at a.ts:1:2",
      askedBytes: 100,
      cpu: 2.5,
    });
    expect(lines[1]).toMatchObject({ level: 50, msg: "handler threw" });
    expect(lines[1]).not.toHaveProperty("askedBytes");
  });
});
