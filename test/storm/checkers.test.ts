// Who checks the checkers: each is content with a storm in which nothing went wrong, and each sees what it is there to see,
// planted in evidence of the smallest size and, all at once, in a real gateway under a real storm.
import { describe, expect, test } from "vitest";
import type { LogLine } from "../support/gateway-process.ts";
import { RawClient } from "../support/raw-client.ts";
import { RawOrigin } from "../support/raw-origin.ts";
import { Book, idOf, secretOf } from "./book.ts";
import { CHECKERS, TIMED } from "./checkers/all.ts";
import { type Site, requestOf, visit } from "./clients/visit.ts";
import type { Evidence } from "./evidence.ts";
import { soundEvidence } from "./planted.ts";
import { verdict } from "./report.ts";
import { runStorm } from "./storm.ts";

const ALL = { ...CHECKERS, ...TIMED };

test("no checker complains of a storm in which nothing went wrong", () => {
  expect([...verdict(soundEvidence(), ALL)]).toEqual([]);
});

test("no checker takes what the storm does to everybody on the machine for the gateway's doing", () => {
  const evidence = withInnocent(
    { quietMs: [1, 1], stormyMs: [9.5, 9.5] },
    { quietMs: [0.5, 0.5], stormyMs: [7, 7] },
  );
  expect([...verdict(evidence, ALL)]).toEqual([]);
});

/** By what is planted: the only checker that complains of it, and the evidence. */
const PLANTED: Record<string, [checker: string, plant: () => Evidence, says: RegExp]> = {
  "a wrong answer to an innocent": [
    "innocents are unharmed",
    () => withInnocent({ errors: ["innocent-one-3: 500"] }),
    /one was answered wrongly.*500/,
  ],
  "an innocent that is not answered any more": [
    "innocents are unharmed",
    () => withInnocent({ stormyMs: [] }),
    /not answered at all/,
  ],
  "an innocent that waits a little over three times as long": [
    "innocents are in time",
    () => withInnocent({ stormyMs: [30.1, 30.1] }),
    /30\.1 ms \(p99\), 3\.0 x 10\.0 ms.* allowed are 30\.0/,
  ],
  "an innocent that waits a little longer still than everybody on the machine": [
    "innocents are in time",
    () => withInnocent({ stormyMs: [32.1, 32.1] }, { stormyMs: [3, 3] }),
    /allowed are 32\.0: .* 2\.0 ms that it is later elsewhere \(same\)/,
  ],
  "one byte over the plan": [
    "memory stays in the plan",
    () => ({ ...soundEvidence(), memory: { plannedBytes: 1000, peakBytes: 1001 } }),
    /the plan says/,
  ],
  "a kill by the kernel": ["memory stays in the plan", () => ({ ...soundEvidence(), kills: 1 }), /killed 1/],
  "an answer without a line": [
    "every request has one line",
    () => booked((book) => book.answer(book.next(), idOf(3), 200)),
    /no line.*storm-3/,
  ],
  "a second line": [
    "every request has one line",
    () => booked((book) => book.line(idOf(1))),
    /more than one.*storm-1/,
  ],
  "a second answer": [
    "every request has one line",
    () => booked((book) => book.answer(1, idOf(1), 200)),
    /answered more than once: storm-1/,
  ],
  "an id of the gateway's own without a line": [
    "every request has one line",
    () => booked((book) => book.answer(0, "abcdef", 400)),
    /abcdef \(0\)/,
  ],
  "a request that is not counted": counted('"2xx"} 2', '"2xx"} 1', /echo 2xx is 1, the log has 2/),
  "a code that is counted twice": counted('_THREW"} 1', '_THREW"} 2', /HANDLE_THREW is 2, the log has 1/),
  "a failure that is not counted": counted('"threw"} 1', '"threw"} 0', /hostile threw is 0, the log has 1/),
  "a dropped log line": counted("dropped_total 0", "dropped_total 1", /1 log lines were dropped/),
  "a slot that is not given back": left({ slotsTaken: ["hostile 3 running"] }, /slot hostile 3 running/),
  "a permit that is not given back": left({ permits: 1 }, /1 permits are left/),
  "a request that never ends": left({ requests: 1 }, /1 requests are left/),
  "a connection that stays": left({ connections: 1 }, /1 connections are left/),
  "a file that stays open": left({ descriptors: 41 }, /descriptors: 40 before, 41 after/),
  "a thread too many": left({ threads: 15 }, /threads: 14 before, 15 after/),
  "an image that nobody uses": left({ imagesBytes: 1_000_001 }, /imagesBytes/),
  "another request's secret": [
    "nothing is left over",
    () => booked((book) => book.read(1, `hello ${secretOf(2)}`)),
    /storm-1 was told SECRET-2-/,
  ],
  "an answer that is no HTTP": [
    "nobody hangs",
    () => booked((book) => book.misread(1, "bare LF")),
    /storm-1: bare LF/,
  ],
  "an upstream that got what is no HTTP": [
    "nobody hangs",
    () => ({ ...soundEvidence(), upstreamFaults: ["smuggled"] }),
    /smuggled/,
  ],
  "a fault of the gateway in the log": [
    "the gateway is sound",
    () => logged({ code: "GATEWAY_FAULT" }),
    /GATEWAY_FAULT/,
  ],
  "a fatal line in the log": ["the gateway is sound", () => logged({ level: 60, msg: "lost" }), /lost/],
  "words on standard error": [
    "the gateway is sound",
    () => ({ ...soundEvidence(), errorText: "warning" }),
    /warning/,
  ],
  "an end by a signal": [
    "the gateway is sound",
    () => ({ ...soundEvidence(), exit: { code: null, signal: "SIGABRT" } }),
    /SIGABRT/,
  ],
};

function withInnocent(change: object, changeOfBystander: object = {}): Evidence {
  const { innocents, bystanders, ...sound } = soundEvidence();
  const [like, ...others] = bystanders;
  return {
    ...sound,
    innocents: [{ ...innocents[0]!, ...change }],
    bystanders: [{ ...like!, ...changeOfBystander }, ...others],
  };
}

function booked(plant: (book: Book) => void): Evidence {
  const evidence = soundEvidence();
  plant(evidence.book);
  return evidence;
}

function logged(line: LogLine): Evidence {
  const evidence = soundEvidence();
  evidence.ledger.read(line);
  return evidence;
}

function counted(from: string, to: string, says: RegExp): (typeof PLANTED)[string] {
  return ["counters reconcile with the log", () => soundEvidence([from, to]), says];
}

function left(change: Partial<Evidence["after"]>, says: RegExp): (typeof PLANTED)[string] {
  const sound = soundEvidence();
  return ["nothing is lost", () => ({ ...sound, after: { ...sound.after, ...change } }), says];
}

describe("the checker that is there for it, and no other, sees", () => {
  test.each(Object.entries(PLANTED))("%s", (_, [checker, plant, says]) => {
    const found = verdict(plant(), ALL);
    expect([...found.keys()]).toEqual([checker]);
    expect(found.get(checker)!.join("\n")).toMatch(says);
  });

  test("something at every checker", () => {
    const planted = new Set(Object.values(PLANTED).map(([checker]) => checker));
    expect([...planted].sort()).toEqual(Object.keys(ALL).sort());
  });
});

describe("a counter of a route that a reload has removed", () => {
  test("begins anew when the route comes back, and counts as no route's meanwhile", () => {
    const { ledger } = soundEvidence();
    ledger.expect([{ name: "hostile", handler: "h.ts", pool: "p" }]);
    ledger.read({ msg: "reloaded" });
    ledger.read({ msg: "request", route: "echo", status: 200 });
    ledger.expect([{ name: "echo" }, { name: "hostile", handler: "h.ts", pool: "another" }]);
    ledger.read({ msg: "reloaded" });
    ledger.read({ msg: "request", route: "echo", status: 404 });
    expect([...ledger.requests]).toEqual([
      ["(none) 2xx", 1],
      ["echo 4xx", 1],
    ]);
  });
});

describe("a client of the storm", () => {
  const siteOf = (origin: RawOrigin): Site => {
    return { port: origin.port, book: new Book(), hostilePaths: () => [], answerMs: 100 };
  };

  test.each([
    ["never answers", "", "hung", /storm-0 had no end/],
    ["answers half", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "hung", /storm-0 had no end/],
    ["answers by no letter of HTTP", "HTTP/1.1 200 OK\nx: y\r\n\r\n", "malformed", /storm-0: /],
    ["answers without an id", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "malformed", /no x-request-id/],
  ] as const)("enters it when somebody %s", async (_, bytes, where, says) => {
    const origin = await RawOrigin.start(() => bytes);
    const site = siteOf(origin);
    await visit(site, "/");
    expect(site.book[where]).toEqual([expect.stringMatching(says)]);
    await origin.stop();
  });

  test("sends the same bytes for the same seed", () => {
    expect(requestOf(7, "/echo", { body: secretOf(7) })).toBe(requestOf(7, "/echo", { body: secretOf(7) }));
  });
});

/** An upgrade that stays open for as long as the gateway does, and an upstream that tells what is not its to tell. */
async function sabotage(site: Site): Promise<void> {
  const client = await RawClient.connect(site.port);
  const number = site.book.next();
  const upgrade = [
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: a2V5",
  ];
  client.send(requestOf(number, "/socket", { fields: upgrade }));
  client.socket.on("error", () => {});
  await visit(site, `/stamp/${secretOf(4_000_000)}/100`);
}

test("in a real storm on a gateway that loses log lines, leaks, holds on and harms, every checker complains of that", async () => {
  const { evidence } = await runStorm({
    seed: 7,
    seconds: 4,
    warmUpSeconds: 0,
    quietSeconds: 2,
    log: { access: { sample2xx: 0.5 } },
    calmMs: 500,
    sabotage: (site, innocents) => {
      innocents.tell({ kind: "sabotage" });
      return sabotage(site);
    },
  });
  const doctored = {
    ...evidence,
    memory: { ...evidence.memory, plannedBytes: evidence.memory.peakBytes - 1 },
  };
  const found = verdict(doctored, ALL);
  expect(found.get("innocents are unharmed")!.join()).toContain("wrong");
  expect(found.get("innocents are in time")).toBeDefined();
  expect(found.get("memory stays in the plan")).toBeDefined();
  expect(found.get("every request has one line")!.join()).toContain("no line in the access log");
  expect(found.get("counters reconcile with the log")!.join()).toContain("nea_requests_total");
  expect(found.get("nothing is lost")!.join()).toMatch(/permits are left.*connections are left/);
  expect(found.get("nothing is left over")!.join()).toContain(secretOf(4_000_000));
});
