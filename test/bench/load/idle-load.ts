/** `node idle-load.ts SPEC`: opens connections, asks once on each, keeps them all for a while, and says how many it held. */
import { type Socket, connect } from "node:net";
import { requestBytes } from "./request-bytes.ts";

interface IdleSpec {
  port: number;
  path: string;
  connections: number;
  keepMs: number;
}

/** So many at a time, or the listener's backlog overflows. */
const AT_ONCE = 32;

const spec = JSON.parse(process.argv[2] ?? "{}") as IdleSpec;
const request = requestBytes({ ...spec, method: "GET", body: null });

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: spec.port, host: "127.0.0.1" }, () => socket.write(request));
    socket.once("data", () => resolve(socket));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
}

const held: Socket[] = [];
while (held.length < spec.connections) {
  const count = Math.min(AT_ONCE, spec.connections - held.length);
  held.push(...(await Promise.all(Array.from({ length: count }, open))));
}
await new Promise((resolve) => setTimeout(resolve, spec.keepMs));
const still = held.filter(({ destroyed }) => !destroyed).length;
process.stdout.write(`${JSON.stringify({ held: still })}\n`);
process.exit();
