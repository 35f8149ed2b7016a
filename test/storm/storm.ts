// A storm from beginning to end: the start, quiet, bad weather, calm, the end; and the evidence of it.
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../support/random.ts";
import { WebSocketOrigin } from "../support/websocket-origin.ts";
import { lostSince } from "./checkers/nothing-lost.ts";
import { CLIENTS, STREAMS } from "./clients/all.ts";
import type { Site } from "./clients/visit.ts";
import type { Evidence } from "./evidence.ts";
import { Innocents } from "./innocents.ts";
import { IoDelay } from "./io-delay.ts";
import { DEFAULT_PAUSE_MS } from "./options.ts";
import { standBack } from "./precedence.ts";
import { type Standing, metricsOf, standingOf, standingWhen } from "./standing.ts";
import { StormGateway } from "./storm-gateway.ts";
import { TroubledOrigin } from "./troubled-origin.ts";

export interface StormOrder {
  readonly seed: number;
  readonly seconds: number;
  /** Before quiet is measured: until V8 has compiled what is called often, a 99th percentile is twice as long. */
  readonly warmUpSeconds: number;
  readonly quietSeconds: number;
  /** Between two visits of a stream, at most. */
  readonly mostPauseMs?: number;
  readonly cgroup?: boolean;
  /** For the run that must fail (checkers.test.ts): the gateway's `log` keys, what else goes wrong, and no patience. */
  readonly log?: object;
  readonly sabotage?: (site: Site, innocents: Innocents) => Promise<void>;
  readonly calmMs?: number;
}

export interface StormResult {
  readonly evidence: Evidence;
  /** What the gateway printed at its start. */
  readonly plan: string;
  readonly delay: IoDelay;
}

const MOST_RELOAD_PAUSE_MS = 6000;
const ANSWER_MS = 60_000;
/** Longer than every limit in the gateway's configuration: whatever is left then is lost. */
const CALM_MS = 20_000;

export async function runStorm(order: StormOrder): Promise<StormResult> {
  const troubled = await TroubledOrigin.start();
  const sockets = await WebSocketOrigin.start();
  const innocents = await Innocents.start();
  const upstreams = { innocent: innocents.upstreamUrl, troubled: troubled.url, sockets: sockets.url };
  const { seed, log = {}, cgroup = false } = order;
  const gateway = await StormGateway.start(upstreams, new Random(seed), { log, cgroup });
  try {
    const { delay, ...seen } = await weather(order, gateway, innocents);
    return { evidence: { ...seen, upstreamFaults: troubled.faults }, plan: gateway.process.text, delay };
  } finally {
    await gateway.remove();
    await Promise.all([innocents.stop(), troubled.stop(), sockets.stop()]);
  }
}

/** Warm-up, quiet, storm, calm and the end. */
async function weather(order: StormOrder, gateway: StormGateway, innocents: Innocents) {
  const before = await standingOf(gateway.process);
  innocents.begin(gateway.process.url);
  await sleep(order.warmUpSeconds * 1000);
  innocents.tell({ kind: "quiet" });
  await sleep(order.quietSeconds * 1000);
  innocents.tell({ kind: "storm" });
  const delay = new IoDelay(gateway.process);
  await blow(order, gateway, innocents);
  await delay.stop();
  const reports = await innocents.end();
  await gateway.loadFirst();
  return { delay, before, ...reports, ...(await lastSeen(gateway, before, order.calmMs ?? CALM_MS)) };
}

/** The bad weather itself: everybody comes until the time is over, and stays until done. */
async function blow(
  { seed, seconds, mostPauseMs = DEFAULT_PAUSE_MS, sabotage }: StormOrder,
  gateway: StormGateway,
  innocents: Innocents,
): Promise<void> {
  const {
    process: { port },
    book,
  } = gateway;
  standBack();
  const site = { port, book, hostilePaths: () => gateway.hostilePaths, answerMs: ANSWER_MS };
  const untilMs = performance.now() + seconds * 1000;
  await Promise.all([
    sabotage?.(site, innocents),
    ...STREAMS.map((names, i) => visits(site, names, mostPauseMs, new Random(seed + i + 1), untilMs)),
    reloads(gateway, new Random(seed), untilMs),
  ]);
}

/** One client after the other, each with choices of its own. */
async function visits(
  site: Site,
  names: readonly string[],
  mostPauseMs: number,
  random: Random,
  untilMs: number,
): Promise<void> {
  while (performance.now() < untilMs) {
    const client = CLIENTS[random.pick(names)]!;
    await client(site, new Random(random.next()));
    await sleep(random.below(mostPauseMs));
  }
}

/** Changes of the configuration, one at a time, every third of them faulty. */
async function reloads(gateway: StormGateway, random: Random, untilMs: number): Promise<void> {
  for (let change = 1; performance.now() < untilMs; change++) {
    await sleep(random.below(MOST_RELOAD_PAUSE_MS));
    if (change % 3 === 0) await gateway.loadFaulty(random);
    else await gateway.loadNext();
  }
}

/** When everybody has left: waits for what is under way, looks at what is left, and ends the gateway. */
async function lastSeen(gateway: StormGateway, before: Standing, calmMs: number) {
  const { process, book, ledger, log, cgroup } = gateway;
  const isCalm = (standing: Standing) => lostSince(before, standing).length === 0;
  const after = await standingWhen(isCalm, process, calmMs);
  log.read();
  const metrics = await metricsOf(process);
  const { peakBytes } = process.memory.read();
  const exit = await process.stop();
  log.stop();
  const kills = cgroup?.kills;
  const { plannedBytes, errorText } = process;
  return { book, ledger, after, metrics, memory: { plannedBytes, peakBytes }, exit, errorText, kills };
}
