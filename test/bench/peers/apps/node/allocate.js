export default function allocate(req, res) {
  const count = Number(req.url.split("/")[2]);
  const slots = new Array(count * 1024).fill(0xaa);
  res.writeHead(200, { "content-type": "text/plain" }).end(`${slots.length}\n`);
}
