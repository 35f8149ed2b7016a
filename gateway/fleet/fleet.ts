/**
 * The fleet: each gateway publishes its figures in Redis under a time to live, and reads those of the others. Nothing
 * on a request's way knows of it. Redis away, slow, full or read-only: this gateway serves on, its view says since
 * when it is stale and why, and it tries again with growing pauses.
 *
 *   {prefix}fleet:{{name}}:members       sorted set: who there is, by when they last said so
 *   {prefix}fleet:{{name}}:gateway:{id}  one report, gone after `ttl`
 *
 * The braces are Redis Cluster's hash tag: all keys of a fleet are on one node, so one pipeline reaches them.
 *
 * Owner: the admin side. Bound: one round at a time, REPLICAS reports of REPORT_BYTES; a larger fleet is read less often,
 * so that reading costs each gateway the same (READS_PER_INTERVAL reports per `interval`).
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetConfig } from "../config/types.ts";
import { REPLICAS, REPORT_BYTES } from "../limits.ts";
import type { Logger } from "../shared/log.ts";
import { RedisLink, type Reply } from "./redis-link.ts";
import { redisPlace } from "./redis-url.ts";
import { type OwnFigures, type Report, readReport, writeReport } from "./replica.ts";
import { type FleetView, type Known, viewOf } from "./view.ts";

const READS_PER_INTERVAL = 16;
const LONGEST_PAUSE_MS = 15_000;
/** The list of members outlives its members by this factor, so that nothing of a fleet that is gone stays behind. */
const LIST_TTLS = 10;
const FAREWELL_MS = 500;

export interface FleetCounters {
  rounds: number;
  roundFailures: number;
  publishFailures: number;
  /** Connections made. */
  links: number;
}

export class Fleet {
  readonly counters: FleetCounters = { rounds: 0, roundFailures: 0, publishFailures: 0, links: 0 };
  readonly #config: FleetConfig;
  readonly #place: ReturnType<typeof redisPlace>;
  readonly #figures: () => OwnFigures;
  readonly #logger: Logger;
  readonly #id = `${hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 80)}-${randomBytes(3).toString("hex")}`;
  readonly #members: string;
  #link: RedisLink | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;
  #others: readonly Known[] = [];
  #readAtMs = 0;
  #nextReadMs = 0;
  #failures = 0;
  #error: string | null = null;
  /** When the view was last true; null: not yet. */
  #trueAt: Date | null = null;
  #trueAtMs = performance.now();
  #warnedOfPassword = false;

  constructor(config: FleetConfig, figures: () => OwnFigures, logger: Logger) {
    this.#config = config;
    this.#place = redisPlace(config.redis);
    this.#figures = figures;
    this.#logger = logger;
    this.#members = this.#key("members");
  }

  /** Returns at once: a gateway starts whether there is a Redis or not. */
  start(): void {
    this.#schedule(0);
  }

  /** Takes this gateway out of the others' view, if Redis is there to be told. Takes FAREWELL_MS at most. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const late = sleep(FAREWELL_MS, undefined, { ref: false });
    await Promise.race([this.#round.then(() => this.#leave()), late]);
    this.#drop();
  }

  async #leave(): Promise<void> {
    const leaving = this.#link?.run((redis) =>
      redis.del(this.#reportKey(this.#id)).zrem(this.#members, this.#id),
    );
    await leaving?.catch(() => {});
  }

  view(): FleetView {
    return viewOf({
      name: this.#config.name,
      own: this.#ownReport(),
      others: this.#others,
      readAgoMs: performance.now() - this.#readAtMs,
      trueAgoMs: performance.now() - this.#trueAtMs,
      redis: { place: this.#place.shown, error: this.#error, trueAt: this.#trueAt?.toISOString() ?? null },
    });
  }

  #key(what: string): string {
    return `${this.#config.prefix}fleet:{${this.#config.name}}:${what}`;
  }

  #reportKey(id: string): string {
    return this.#key(`gateway:${id}`);
  }

  #ownReport(): Report {
    return writeReport(this.#figures(), this.#id, this.#config.intervalMs);
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#runRound().then((pauseMs) => this.#schedule(pauseMs));
    }, delayMs).unref();
  }

  /** Never rejects. Returns the pause until the next round. */
  async #runRound(): Promise<number> {
    this.counters.rounds++;
    try {
      if (!this.#link) {
        this.#link = new RedisLink(this.#place);
        this.counters.links++;
        await this.#link.open();
        this.#warnOfPassword(this.#link);
      }
      const refusal = await this.#publish(this.#link);
      if (performance.now() >= this.#nextReadMs) await this.#read(this.#link);
      this.#succeeded(refusal);
    } catch (error) {
      this.counters.roundFailures++;
      this.#failed(error as Error);
    }
    const { intervalMs } = this.#config;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, intervalMs * 2 ** Math.min(this.#failures, 10));
    // A fleet that was cut off together must not come back in step.
    return this.#failures === 0 ? intervalMs : Math.max(intervalMs, pauseMs * (0.75 + Math.random() / 2));
  }

  /** What Redis answers if it does not take it (read-only, full): a reason, but none not to read. */
  async #publish(link: RedisLink): Promise<Error | null> {
    const { ttlMs } = this.#config;
    const nowMs = Date.now();
    try {
      await link.run((redis) =>
        redis
          .set(this.#reportKey(this.#id), JSON.stringify(this.#ownReport()), "PX", ttlMs)
          .zadd(this.#members, nowMs, this.#id)
          .zremrangebyscore(this.#members, "-inf", nowMs - LIST_TTLS * ttlMs)
          .pexpire(this.#members, LIST_TTLS * ttlMs),
      );
      return null;
    } catch (error) {
      this.counters.publishFailures++;
      if ((error as Error).name !== "ReplyError") throw error;
      return error as Error;
    }
  }

  async #read(link: RedisLink): Promise<void> {
    const [members] = await link.run((redis) => redis.zrevrange(this.#members, 0, REPLICAS - 1));
    const ids = (members as readonly string[]).filter((id) => id !== this.#id && SANE_ID.test(id));
    const replies = await link.run((redis) => {
      for (const id of ids)
        redis.getrange(this.#reportKey(id), 0, REPORT_BYTES - 1).pttl(this.#reportKey(id));
    });
    this.#others = ids.flatMap((_, index) =>
      known(replies[2 * index], replies[2 * index + 1], this.#config.ttlMs),
    );
    this.#readAtMs = performance.now();
    const every = this.#config.intervalMs * Math.ceil((ids.length + 1) / READS_PER_INTERVAL);
    // A round comes a little early or late; half an interval of slack keeps it from missing its turn.
    this.#nextReadMs = this.#readAtMs + every - this.#config.intervalMs / 2;
  }

  #succeeded(refusal: Error | null): void {
    this.#failures = 0;
    this.#trueAt = new Date();
    this.#trueAtMs = performance.now();
    this.#say(refusal === null ? null : `not published: ${refusal.message}`);
    // After a failover the old master is a read-only replica: a new link finds the new one.
    if (refusal?.message.startsWith("READONLY")) this.#drop();
  }

  #failed(error: Error): void {
    this.#failures++;
    this.#drop();
    this.#say(error.message || error.name);
  }

  /** The log hears of changes only: an outage is one line, not one per second. */
  #say(error: string | null): void {
    if (error !== null && this.#error === null)
      this.#logger.warn({ redis: this.#place.shown, error }, "fleet: redis fails");
    if (error === null && this.#error !== null)
      this.#logger.info({ redis: this.#place.shown }, "fleet: redis is back");
    this.#error = error;
  }

  /** Either the password is in vain, or this is not the Redis that was meant. */
  #warnOfPassword({ offersUnwantedPassword }: RedisLink): void {
    if (offersUnwantedPassword && !this.#warnedOfPassword)
      this.#logger.warn(
        { redis: this.#place.shown },
        "fleet: the configuration has a password for redis, which asks for none",
      );
    this.#warnedOfPassword ||= offersUnwantedPassword;
  }

  #drop(): void {
    this.#link?.drop();
    this.#link = undefined;
  }
}

const SANE_ID = /^[A-Za-z0-9._-]{1,100}$/;

function known(text: Reply | undefined, leftMs: Reply | undefined, ttlMs: number): Known[] {
  const report = typeof text === "string" ? readReport(text) : undefined;
  // By Redis' own clock, so that the gateways' clocks may differ. Negative: gone meanwhile, or without an end.
  if (!report || typeof leftMs !== "number" || leftMs < 0) return [];
  return [{ report, ageMs: Math.max(0, ttlMs - leftMs) }];
}
