function pathOf(csv) {
  let path = "";
  for (const line of csv.split("\n")) {
    const [x, y] = line.split(",");
    if (y === undefined) continue;
    path += `${path === "" ? "M" : " L"} ${Number(x)} ${Number(y)}`;
  }
  return path;
}

export default function csv(req, res) {
  let text = "";
  req.setEncoding("utf8");
  req.on("data", (chunk) => (text += chunk));
  req.on("end", () => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><path d="${pathOf(text)}" stroke="black" fill="none"/></svg>\n`;
    res.writeHead(200, { "content-type": "image/svg+xml" }).end(svg);
  });
}
