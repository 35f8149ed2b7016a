// Heads that are too long, have too many fields, or are not HTTP at all.
import { connectTo, readAnswer, requestOf, type Client } from "./visit.ts";
import type { Random } from "../../support/random.ts";

export const headFlood: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  const number = site.book.next();
  const many = Array.from(
    { length: 1 + random.below(600) },
    (_, i) => `x-${i}: ${"v".repeat(random.below(200))}`,
  );
  client.send(random.below(3) === 0 ? noise(random) : requestOf(number, "/echo", { fields: many }));
  await readAnswer(site, client, number);
  client.destroy();
};

const STARTS = [
  "GET / HTTP/1.1\r\n",
  "",
  "\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
];

/** Ends in what ends a head, so that there is something to answer. */
function noise(random: Random): Buffer {
  const bytes = Array.from({ length: 1 + random.below(500) }, () => random.below(256));
  return Buffer.concat([Buffer.from(random.pick(STARTS)), Buffer.from(bytes), Buffer.from("\r\n\r\n")]);
}
