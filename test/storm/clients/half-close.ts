// Ends its side of the connection behind a whole request (RFC 9112 section 9.6 lets it), and still wants the answer.
import { connectTo, readAnswer, requestOf, type Client } from "./visit.ts";

export const halfClose: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  const number = site.book.next();
  const path = random.pick(["/keeper", "/echo", "/innocent/waiting?name=h&timers=3&calls=1", "/fault/slow"]);
  client.socket.end(requestOf(number, path));
  await readAnswer(site, client, number);
  client.destroy();
};
