// Sends many requests before it reads the first answer; answers come in the order of the requests (RFC 9112 section 9.3.2).
import { connectTo, readAnswer, requestOf, type Client } from "./visit.ts";

const MOST = 24;
const PATHS = [
  "/keeper",
  "/echo",
  "/innocent/same-pool",
  "/stamp/p/3000",
  "/nobody-home",
  "/keeper?end=throw",
];

export const pipeliner: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  const numbers = Array.from({ length: 2 + random.below(MOST) }, () => site.book.next());
  client.send(numbers.map((number) => requestOf(number, random.pick(PATHS))).join(""));
  const answers = random.below(3) === 0 ? random.below(numbers.length) : numbers.length;
  for (const number of numbers.slice(0, answers)) {
    if (!(await readAnswer(site, client, number))) break;
  }
  client.destroy();
};
