// Sends a body slowly, to a handler that reads it or to the upstream; half of the time it leaves within it.
import { setTimeout as sleep } from "node:timers/promises";
import { secretOf } from "../book.ts";
import { connectTo, readAnswer, requestOf, type Client } from "./visit.ts";

const STEPS = 6;
const MOST_PAUSE_MS = 120;

export const slowBody: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  const number = site.book.next();
  const secret = secretOf(number);
  const body = secret.repeat(1 + random.below(4000));
  const path = random.pick(["/echo", "/innocent/waiting?name=s&timers=1&calls=1"]);
  const fields = [`content-length: ${body.length}`];
  client.send(requestOf(number, path, { method: "POST", fields }));
  const leaves = random.below(2) === 0;
  const until = leaves ? random.below(body.length) : body.length;
  const step = Math.ceil(until / STEPS);
  for (let at = 0; at < until && !client.socket.destroyed; at += step) {
    client.send(body.slice(at, Math.min(until, at + step)));
    await sleep(random.below(MOST_PAUSE_MS));
  }
  if (!leaves) await readAnswer(site, client, number, "POST");
  client.destroy();
};
