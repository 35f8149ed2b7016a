// Many connections that say nothing, or begin a head and leave it at that.
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo, requestOf, type Client } from "./visit.ts";

/** Together with all others they stay below the gateway's `limits.connections`: who keeps none is not kept out. */
export const CROWD = 300;
const MOST_MS = 1500;

export const idleCrowd: Client = async (site, random) => {
  const size = 1 + random.below(CROWD);
  const says = random.pick([
    "",
    "G",
    requestOf(0, "/echo").slice(0, -2),
    `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${"l".repeat(15_000)}`,
  ]);
  const clients = await Promise.all(Array.from({ length: size }, () => connectTo(site)));
  for (const client of clients) if (says !== "") client?.send(says);
  await sleep(random.below(MOST_MS));
  for (const client of clients) client?.destroy();
};
