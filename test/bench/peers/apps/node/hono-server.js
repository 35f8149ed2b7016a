// The Hono app on node:http: `node hono-server.js FILE`, FILE being the bundled app. Prints its port.
import { serve } from "@hono/node-server";

const { default: app } = await import(process.argv[2]);
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
  process.stdout.write(`port ${port}\n`),
);
