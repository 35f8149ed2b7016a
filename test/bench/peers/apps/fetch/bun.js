// `bun bun.js FILE`, FILE being a bundled handler module. Prints its port.
const { default: app } = await import(process.argv[2]);

const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => app.fetch(request, {}, {}) });
process.stdout.write(`port ${server.port}\n`);
