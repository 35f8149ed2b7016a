// The innocents, in a process of their own with their own upstream, so that what they measure is the gateway and not the
// storm's own work: threads of one process share V8's, and those of the storm stand back. Each asks for one thing all the
// time, over one kept connection, and knows what it must be told.
import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ask, type Ask, type Reply } from "../support/client.ts";
import {
  BYSTANDER_ANSWER,
  type InnocentOrder,
  type InnocentReport,
  type InnocentReports,
} from "./innocents.ts";

/** Between two requests of one innocent: it is there to be disturbed, not to be the load. */
const PACE_MS = 10;
const MOST_ERRORS = 20;
const BODY = "b".repeat(20_000);

/** Turned on by the run that must fail: the upstream answers late, and sometimes wrongly. */
let sabotaged = false;
const LATE_MS = 700;

const upstream = createServer((req, res) => {
  req.resume().on("end", () => {
    const answer = () => res.end(sabotaged ? "wrong" : `upstream ${req.url!.split("/").slice(2).join("/")}`);
    if (sabotaged) setTimeout(answer, LATE_MS);
    else answer();
  });
});

class Innocent {
  readonly report: InnocentReport;
  readonly #right: (reply: Reply) => boolean;
  readonly #url: string;
  readonly #options: Ask;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** Those of the warm-up are nobody's. */
  #latenciesMs: number[] = [];
  #number = 0;
  stopping = false;

  constructor(
    { name, like = name }: { name: string; like?: string },
    url: string,
    right: (reply: Reply) => boolean,
    options: Ask = {},
  ) {
    this.report = { name, like, requests: 0, errors: [], quietMs: [], stormyMs: [] };
    this.#url = url;
    this.#right = right;
    this.#options = options;
  }

  phase(name: "quietMs" | "stormyMs"): void {
    this.#latenciesMs = this.report[name];
  }

  async run(): Promise<void> {
    while (!this.stopping) {
      const headers = { "x-request-id": `innocent-${this.report.name}-${this.#number++}` };
      const startMs = performance.now();
      const reply = await ask(this.#url, { ...this.#options, headers, agent: this.#agent });
      this.#latenciesMs.push(performance.now() - startMs);
      this.report.requests++;
      if (!this.#right(reply))
        this.#wrong(`${headers["x-request-id"]}: ${JSON.stringify(reply).slice(0, 300)}`);
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
    this.#agent.destroy();
  }

  #wrong(error: string): void {
    if (this.report.errors.length < MOST_ERRORS) this.report.errors.push(error);
  }
}

const says =
  (text: string) =>
  (reply: Reply): boolean =>
    reply.status === 200 && reply.body === text;

function innocentsOf(url: string): Innocent[] {
  const waited = "t: 2 timers, upstream t/0, upstream t/1";
  const first = ({ status, body }: Reply) => status === 200 && body.includes('"seen":1,');
  return [
    new Innocent({ name: "same-pool", like: "computing" }, `${url}/innocent/same-pool`, first),
    new Innocent({ name: "other-pool", like: "computing" }, `${url}/innocent/other-pool`, first),
    new Innocent(
      { name: "waiting", like: "computing" },
      `${url}/innocent/waiting?name=t&timers=2&calls=2`,
      says(waited),
    ),
    new Innocent(
      { name: "reading", like: "computing" },
      `${url}/innocent/waiting?name=t&timers=2&calls=2`,
      says(`t: ${BODY.length} bytes, ${waited.slice(3)}`),
      {
        method: "POST",
        body: BODY,
      },
    ),
    new Innocent(
      { name: "passed", like: "computing" },
      `${url}/innocent/passed/p`,
      says("upstream passed/p"),
    ),
    new Innocent(
      { name: "proxied", like: "forwarding" },
      `${url}/innocent/proxied/p`,
      says("upstream proxied/p"),
    ),
  ];
}

function bystandersOf(url: string): Innocent[] {
  const [direct, forwarded] = [says(BYSTANDER_ANSWER), says(`upstream ${BYSTANDER_ANSWER}`)];
  return [
    new Innocent({ name: "answering" }, `${url}/answering`, direct),
    new Innocent({ name: "forwarding" }, `${url}/forwarding`, forwarded),
    new Innocent({ name: "computing" }, `${url}/computing`, direct),
  ];
}

let innocents: Innocent[] = [];
let bystanders: Innocent[] = [];
const everybody = (): Innocent[] => [...innocents, ...bystanders];
let running: Promise<void>[] = [];

process.on("message", async (order: InnocentOrder) => {
  if (order.kind === "begin") {
    innocents = innocentsOf(order.url);
    bystanders = bystandersOf(order.bystanderUrl);
    running = everybody().map((one) => one.run());
  } else if (order.kind === "quiet") {
    for (const one of everybody()) one.phase("quietMs");
  } else if (order.kind === "storm") {
    for (const one of everybody()) one.phase("stormyMs");
  } else if (order.kind === "sabotage") {
    sabotaged = true;
  } else {
    for (const one of everybody()) one.stopping = true;
    await Promise.all(running);
    upstream.closeAllConnections();
    upstream.close();
    const reports: InnocentReports = {
      innocents: innocents.map(({ report }) => report),
      bystanders: bystanders.map(({ report }) => report),
    };
    process.send!(reports);
  }
});

process.once("disconnect", () => process.exit());
upstream.listen(0, "127.0.0.1", () => {
  process.send!(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
});
