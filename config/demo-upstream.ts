/** The app behind the demo gateway: answers everything with what it was asked. `npm start` runs it on port 3000. */
import { createServer } from "node:http";

const PORT = 3000;

const server = createServer((req, res) => {
  const { method, url, headers } = req;
  res.setHeader("content-type", "application/json");
  req
    .resume()
    .on("end", () => res.end(`${JSON.stringify({ app: "demo", method, url, headers }, null, 2)}\n`));
});

server.on("error", (error: NodeJS.ErrnoException) => {
  process.stderr.write(`demo upstream: ${error.message}; is something else on port ${PORT}?\n`);
  process.exitCode = 1;
});
// Started by the gateway, it ends with it, however that ends.
process.on("disconnect", () => process.exit());
server.listen(PORT, "127.0.0.1");
