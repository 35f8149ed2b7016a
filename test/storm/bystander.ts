// A server that has nothing to do with the gateway and shares its machine: how much later it answers in a storm is what the
// storm takes of the machine, whoever is asked. Each change from one thread to another can wait for a processor, so there are
// as many of them here as in the gateway:
//
//   /answering    from the thread that reads the request                      client, server, client
//   /forwarding   from the innocents' upstream                                client, server, upstream, server, client
//   /computing    from another thread, which computes for a moment            client, server, thread, server, client
import { Agent, createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { BEHIND_IO_NICE, startGivingWay } from "../../gateway/shared/give-way.ts";
import { BYSTANDER_ANSWER } from "./innocents.ts";

/** About what an innocent handler's turn takes. */
const COMPUTING_MS = 0.2;

if (isMainThread) serve();
else compute();

function compute(): void {
  parentPort!.on("message", (id: number) => {
    const endMs = performance.now() + COMPUTING_MS;
    while (performance.now() < endMs);
    parentPort!.postMessage(id);
  });
}

function serve(): void {
  // As the gateway's own threads do.
  const worker = startGivingWay(BEHIND_IO_NICE, () => new Worker(new URL(import.meta.url)));
  worker.unref();
  const waiting = new Map<number, ServerResponse>();
  let upstreamUrl = "";
  let id = 0;
  worker.on("message", (done: number) => {
    waiting.get(done)?.end(BYSTANDER_ANSWER);
    waiting.delete(done);
  });
  process.on("message", (url: string) => (upstreamUrl = url));
  process.once("disconnect", () => process.exit());
  const agent = new Agent({ keepAlive: true });
  const server = createServer((req, res) => {
    if (req.url === "/forwarding") {
      request(
        `${upstreamUrl}/bystander/${BYSTANDER_ANSWER}`,
        { agent },
        (answer) => void answer.pipe(res),
      ).end();
    } else if (req.url === "/computing") {
      waiting.set(++id, res);
      worker.postMessage(id);
    } else res.end(BYSTANDER_ANSWER);
  });
  server.listen(0, "127.0.0.1", () => {
    process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}
