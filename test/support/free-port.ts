/**
 * A port that nobody listens on now, for servers that cannot take port 0 (Redis, nginx, HAProxy, a gateway that is started
 * twice). Somebody else may take it meanwhile; then the server does not start, and the test says so.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
