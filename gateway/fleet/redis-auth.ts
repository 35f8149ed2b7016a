/**
 * What Redis answers to a password, where ioredis knows no other way to tell than one line on the console for each connection:
 * here the line goes to the log, once, and what cannot work is an error.
 */
import { Redis } from "ioredis";

/** The default user has no password; up to Redis 5, and from Redis 6 on. The connection works all the same. */
const UNWANTED = /no password is set|without any password configured for the default user/;
/** Redis 5 and before: there are no users yet. Everything that follows would fail without saying why. */
const NO_USERS = /wrong number of arguments for 'auth' command/;

const unwantedBy = new WeakSet<Redis>();

/** Whether a password was offered on this connection that nobody asked for. */
export function passwordIsUnwanted(client: Redis): boolean {
  return unwantedBy.has(client);
}

// On the prototype: connections to Sentinels and a cluster's nodes are made within ioredis.
const authenticate = Redis.prototype.auth as (...credentials: unknown[]) => Promise<"OK">;
Redis.prototype.auth = async function (this: Redis, ...credentials: unknown[]): Promise<"OK"> {
  try {
    return await authenticate.apply(this, credentials);
  } catch (error) {
    const { message } = error as Error;
    if (NO_USERS.test(message))
      throw new Error("this Redis knows no users: leave the user's name out of `redis`", { cause: error });
    if (!UNWANTED.test(message)) throw error;
    unwantedBy.add(this);
    return "OK";
  }
};
