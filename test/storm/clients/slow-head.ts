// Sends a head a few bytes at a time; half of the time it leaves before the end.
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo, readAnswer, requestOf, type Client } from "./visit.ts";

const STEPS = 8;
const MOST_PAUSE_MS = 120;

export const slowHead: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  const number = site.book.next();
  const bytes = requestOf(number, "/echo");
  const leaves = random.below(2) === 0;
  const until = leaves ? random.below(bytes.length) : bytes.length;
  const step = Math.ceil(until / STEPS);
  for (let at = 0; at < until; at += step) {
    client.send(bytes.slice(at, Math.min(until, at + step)));
    await sleep(random.below(MOST_PAUSE_MS));
  }
  if (!leaves) await readAnswer(site, client, number);
  client.destroy();
};
