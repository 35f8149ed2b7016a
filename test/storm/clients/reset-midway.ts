// Resets its connection at any moment: within the head, the body, the handler's time or the answer.
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo, requestOf, type Client } from "./visit.ts";

const MOST_MS = 150;

export const resetMidway: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  const hostile = random.pick(site.hostilePaths());
  const path = random.pick([
    hostile,
    "/keeper?end=wait",
    "/fault/slow",
    "/fault/hang",
    "/stamp/x/2000000",
    "/echo",
  ]);
  const bytes = requestOf(site.book.next(), path, {
    method: "POST",
    body: "y".repeat(random.below(200_000)),
  });
  client.send(random.below(2) === 0 ? bytes : bytes.slice(0, random.below(bytes.length)));
  if (random.below(3) === 0) client.socket.pause();
  await sleep(random.below(MOST_MS));
  client.socket.resetAndDestroy();
  await client.closed;
};
