export default function hello(req, res) {
  const name = req.url.split("/")[2] || "you";
  res.writeHead(200, { "content-type": "text/plain" }).end(`hello ${name}\n`);
}
