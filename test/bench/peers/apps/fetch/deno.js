// `deno run --allow-net --allow-read deno.js FILE`, FILE being a bundled handler module. Prints its port.
const { default: app } = await import(Deno.args[0]);

const onListen = ({ port }) => console.log(`port ${port}`);
Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, (request) => app.fetch(request, {}, {}));
