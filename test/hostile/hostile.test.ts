// Each handler in handlers/ ends as outcomes.ts says, twice in a row and while it is not alone, and nobody else notices.
import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/client.ts";
import { HANDLER_NAMES, HostileGateway, fileOf } from "./hostile-gateway.ts";
import { OUTCOMES } from "./outcomes.ts";

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await HostileGateway.start();
}, 120_000);
afterAll(() => gateway.stop());

const body = Buffer.alloc(6_000_000, "x");
let asked = 0;

async function expectOutcome(name: string): Promise<void> {
  const { status, code, body: text, cut = false, lines } = OUTCOMES[name]!;
  const requestId = `hostile-${++asked}`;
  const headers = { "x-request-id": requestId };
  const reply = await ask(
    `${gateway.process.url}/${name}`,
    // Answered before all of it has been read: the connection is not one to use again.
    name.startsWith("alloc-body") ? { method: "POST", body, headers, agent: new Agent() } : { headers },
  );
  const access = await gateway.access(requestId);
  expect([reply.status, reply.code || access["code"], reply.cut]).toEqual([
    cut && reply.status === 0 ? 0 : status,
    code,
    cut,
  ]);
  // Compared by hand: a difference between two texts of megabytes is nothing to print.
  if (typeof text === "string")
    expect(reply.body === text ? text.length : reply.body.slice(0, 200)).toBe(text.length);
  else if (text !== undefined) expect(reply.body).toMatch(text);
  expect(access).toMatchObject({ route: name, handler: fileOf(name), status, code });
  if (!lines) return;
  const record = gateway.record(requestId);
  expect(record).toMatchObject({
    requestId,
    method: expect.any(String),
    path: `/${name}`,
    route: name,
    code,
  });
  const at = record!["at"] as string | null;
  const places = lines.map((line) => (line === null ? null : `${fileOf(name)}:${line}`));
  expect(places).toContain(at === null ? null : at.replace(/:\d+$/, ""));
}

describe("a hostile handler ends as it should, and its neighbours are answered", () => {
  test("every handler has an outcome, and every outcome a handler", () => {
    expect(Object.keys(OUTCOMES).sort()).toEqual([...HANDLER_NAMES].sort());
  });

  test.each(HANDLER_NAMES)("%s", async (name) => {
    await expectOutcome(name);
    await Promise.all([expectOutcome(name), expectOutcome(name)]);
    expect(await gateway.neighboursAreWell()).toEqual([]);
  });
});

describe("after all of them", () => {
  test("neighbours have been answered all along, without one error", () => {
    for (const { requests, errors } of gateway.neighbours) {
      expect(errors).toEqual([]);
      expect(requests).toBeGreaterThan(HANDLER_NAMES.length);
    }
  });

  test("upstreams have seen only requests that were sent on purpose", () => {
    expect(gateway.upstream.faults).toEqual([]);
    expect(gateway.upstream.requests.filter(({ startLine }) => startLine.includes("smuggled"))).toEqual([]);
  });

  test("no line of the log was written by a handler", () => {
    expect(gateway.process.log.filter(({ msg }) => msg === "forged")).toEqual([]);
    expect(gateway.process.errorText).toBe("");
  });

  test("none of them could keep a thread: none had to be ended with its handler", async () => {
    const { body } = await ask(`${gateway.process.adminUrl}/metrics`);
    expect(/^nea_arena_thread_kills_total (\d+)/m.exec(body)?.[1]).toBe("0");
  });

  test("the process has never used more memory than it said", () => {
    expect(gateway.process.memory.read().peakBytes).toBeLessThanOrEqual(gateway.process.plannedBytes);
  });
});
