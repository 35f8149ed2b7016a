// Sends and fetches bodies made of its secret through the proxy: buffers that are used again must not show an earlier one.
import { secretOf } from "../book.ts";
import { connectTo, readAnswer, requestOf, type Client } from "./visit.ts";

const MOST_BYTES = 150_000;

export const echo: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  for (let left = 1 + random.below(4); left > 0; left--) {
    const number = site.book.next();
    const bytes = 1 + random.below(MOST_BYTES);
    const secret = secretOf(number);
    if (random.below(2) === 0) client.send(requestOf(number, `/stamp/${secret}/${bytes}`));
    else {
      const body = secret.repeat(Math.ceil(bytes / secret.length));
      client.send(requestOf(number, "/echo", { method: "POST", body }));
    }
    if (!(await readAnswer(site, client, number))) break;
  }
  client.destroy();
};
