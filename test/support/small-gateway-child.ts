// A small gateway in a process of its own, so that its memory can be told apart from the test's. Run with fork();
// argument: the upstream's URL. Answers any message with its resident bytes.
import { SmallGateway } from "./small-gateway.ts";

const gateway = await SmallGateway.start({
  targets: [process.argv[2] as string],
  replyIdleMs: 0,
  upstream: { timeouts: { headMs: 0, idleMs: 0, bodyIdleMs: 0, totalMs: 0 } },
});

process.on("message", () => {
  if (process.connected) process.send?.({ residentBytes: process.memoryUsage.rss(), active: gateway.active });
  gateway.outcomes.length = 0;
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: gateway.port });
