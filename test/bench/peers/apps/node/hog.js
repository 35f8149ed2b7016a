function hog() {
  const kept = [];
  while (true) kept.push(new Array(1024).fill(kept.length));
}

export default function hello(req, res) {
  const [, first, name = "you"] = req.url.split("/");
  if (first === "hog") hog();
  res.writeHead(200, { "content-type": "text/plain" }).end(`hello ${name}\n`);
}
