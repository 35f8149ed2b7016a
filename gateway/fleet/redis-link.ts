/**
 * One connection to Redis, made for a while: the fleet drops it at the first fault and makes a new one later, so that no
 * state, queue or reconnect logic of an old one is left to reason about.
 *
 * Owner: the fleet. Bound: the two pipelines of one round are under way at most; nothing is queued while there is no
 * connection. A round that takes longer than ROUND_MS fails.
 */
import { Cluster, Redis, type ChainableCommander, type RedisOptions } from "ioredis";
import { passwordIsUnwanted } from "./redis-auth.ts";
import type { RedisPlace } from "./redis-url.ts";

/** Connecting, and one round of commands. */
const ROUND_MS = 2000;

export type Reply = string | number | readonly string[] | null;

export class RedisLink {
  readonly #client: Redis | Cluster;
  /** What Redis said while connecting; the failure that follows from it says less ("NOAUTH", "Connection is closed"). */
  #complaint: Error | undefined;

  constructor(place: RedisPlace) {
    this.#client = clientFor(place);
    this.#client.on("error", (error: Error) => (this.#complaint ??= error));
  }

  async open(): Promise<void> {
    await this.#inTime(this.#client.connect());
    if (this.#complaint) throw this.#complaint;
  }

  /** The place names a password, and Redis has none. */
  get offersUnwantedPassword(): boolean {
    const connections = this.#client instanceof Cluster ? this.#client.nodes() : [this.#client];
    return connections.some(passwordIsUnwanted);
  }

  /** The commands' replies in order; an error that is Redis' answer to one of them is thrown. */
  async run(commands: (pipeline: ChainableCommander) => void): Promise<Reply[]> {
    const pipeline = this.#client.pipeline();
    commands(pipeline);
    const replies = (await this.#inTime(pipeline.exec())) ?? [];
    return replies.map(([error, reply]) => {
      if (error) throw error;
      return reply as Reply;
    });
  }

  drop(): void {
    this.#client.disconnect(false);
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${ROUND_MS} ms`)), ROUND_MS);
    timer.unref();
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      // Whoever waited is told; the loser of the race must not become an unhandled rejection.
      work.catch(() => {});
      throw this.#complaint ?? error;
    } finally {
      clearTimeout(timer);
    }
  }
}

function clientFor(place: RedisPlace): Redis | Cluster {
  const { kind, nodes, master, db, username, password, tls } = place;
  const options = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    ...MODEST,
  };
  if (kind === "cluster") {
    return new Cluster([...nodes], { ...ALONE, redisOptions: options, clusterRetryStrategy: never });
  }
  if (kind === "server") return new Redis({ ...options, ...ALONE, db, ...nodes[0]!, retryStrategy: never });
  return new Redis({
    ...options,
    ...ALONE,
    db,
    sentinels: [...nodes],
    name: master,
    sentinelRetryStrategy: never,
    retryStrategy: never,
    // Many installations protect the Sentinels with the same password; those without one ignore it.
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  });
}

/** RESP2 and no CLIENT commands: what the least powerful user of the oldest server may do. */
const MODEST = {
  protocol: 2,
  disableClientInfo: true,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: ROUND_MS,
} as const satisfies RedisOptions;

const ALONE = { lazyConnect: true, enableOfflineQueue: false, enableReadyCheck: false } as const;

/** The fleet makes a new link instead. */
const never = (): null => null;
