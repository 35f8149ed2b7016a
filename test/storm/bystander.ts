// A server that has nothing to do with the gateway and shares its machine: how much later it answers in a storm is what the
// storm takes of the machine, whoever is asked.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";
import { BYSTANDER_ANSWER } from "./innocents.ts";

const server = createServer((_, res) => void res.end(BYSTANDER_ANSWER));
server.listen(0, "127.0.0.1", () => {
  parentPort?.postMessage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
