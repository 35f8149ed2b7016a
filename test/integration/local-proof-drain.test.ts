// What a rolling restart asks of one gateway, in single steps: the local proof finds it by load, here it is certain.
import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GatewayProcess } from "../support/gateway-process.ts";
import { RawClient } from "../support/raw-client.ts";
import { fieldOf } from "../support/wire.ts";

const REQUEST = "GET /a HTTP/1.1\r\nHost: gateway\r\n\r\n";

// Starting one takes seconds when the machine has other work.
vi.setConfig({ testTimeout: 60_000 });

let upstream: Server;
let gateway: GatewayProcess;
/** Answers under way at the upstream: their heads are sent, their ends are the test's to send. */
let answers: ServerResponse[];

beforeEach(async () => {
  answers = [];
  upstream = createServer((_, res) => {
    answers.push(res);
    res.write("begun ");
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const { port } = upstream.address() as AddressInfo;
  gateway = await GatewayProcess.start({
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    upstreams: { app: { targets: [`http://127.0.0.1:${port}`] } },
    routes: [{ upstream: "app" }],
    drain: { delay: "2s", deadline: "10s" },
  });
});

afterEach(async () => {
  gateway.child.kill("SIGKILL");
  await gateway.exited;
  upstream.closeAllConnections();
  upstream.close();
});

test("a connection that was promised to be kept before the drain takes one more request during the delay", async () => {
  const client = await RawClient.connect(gateway.port);
  client.send(REQUEST);
  const first = client.response();
  await once(upstream, "request");
  await expect.poll(() => client.bytes).toBeGreaterThan(0);

  gateway.child.kill("SIGTERM");
  await gateway.line(({ msg }) => msg === "draining");
  answers[0]?.end("and over");
  expect((await first).body.toString()).toBe("begun and over");

  client.send(REQUEST);
  const second = client.response();
  await once(upstream, "request");
  answers[1]?.end("again");
  expect(fieldOf(await second, "connection")).toBe("close");
  expect((await second).body.toString()).toBe("begun again");
  expect(await client.closed).toBe("end");
});

test("a new connection is served during the delay, and told to close", async () => {
  gateway.child.kill("SIGTERM");
  await gateway.line(({ msg }) => msg === "draining");
  expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503);
  const client = await RawClient.connect(gateway.port);
  client.send(REQUEST);
  const answer = client.response();
  await once(upstream, "request");
  answers[0]?.end("new");
  expect(fieldOf(await answer, "connection")).toBe("close");
});

test("an answer that takes longer than the delay is finished, and the gateway ends with 0", async () => {
  const client = await RawClient.connect(gateway.port);
  client.send(REQUEST);
  const answer = client.response();
  await once(upstream, "request");
  gateway.child.kill("SIGTERM");
  await expect
    .poll(
      () =>
        RawClient.connect(gateway.port).then(
          (own) => own.destroy(),
          () => "refused",
        ),
      { timeout: 10_000 },
    )
    .toBe("refused");
  answers[0]?.end("late");
  expect((await answer).body.toString()).toBe("begun late");
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
});
