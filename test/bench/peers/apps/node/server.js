// A bare node:http server: `node server.js APP`, APP being a file of this folder. Prints its port.
import { createServer } from "node:http";

const { default: handle } = await import(`./${process.argv[2]}.js`);

const server = createServer(handle).listen(0, "127.0.0.1", () => {
  process.stdout.write(`port ${server.address().port}\n`);
});
