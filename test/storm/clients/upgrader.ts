// Opens a WebSocket, says something, and leaves in good order or not.
import { setTimeout as sleep } from "node:timers/promises";
import { TEXT, encode } from "../../support/websocket-origin.ts";
import { connectTo, requestOf, type Client } from "./visit.ts";

const MOST_MS = 300;
const FIELDS = [
  "connection: upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];

export const upgrader: Client = async (site, random) => {
  const client = await connectTo(site);
  if (!client) return;
  client.send(requestOf(site.book.next(), random.pick(["/socket", "/socket", "/echo"]), { fields: FIELDS }));
  // The upstream of this storm takes frames that are not masked.
  client.send(encode(TEXT, "w".repeat(random.below(5000))));
  await sleep(random.below(MOST_MS));
  if (random.below(2) === 0) client.socket.resetAndDestroy();
  else client.destroy();
  await client.closed;
};
