const TEXT = "Never allocate. ".repeat(64);

export default function text(_req, res) {
  res.writeHead(200, { "content-type": "text/plain" }).end(TEXT);
}
