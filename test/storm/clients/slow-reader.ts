// Asks for a large answer and does not read it, for a while or ever.
import { setTimeout as sleep } from "node:timers/promises";
import { connectTo, readAnswer, requestOf, type Client } from "./visit.ts";

const MOST_MS = 1500;

export const slowReader: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  const number = site.book.next();
  client.socket.pause();
  client.send(requestOf(number, random.pick(["/large", "/stamp/x/3000000"])));
  await sleep(random.below(MOST_MS));
  client.socket.resume();
  if (random.below(2) === 0) await readAnswer(site, client, number);
  client.destroy();
};
