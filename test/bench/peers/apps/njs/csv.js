function pathOf(csv) {
  let path = "";
  csv.split("\n").forEach((line) => {
    const point = line.split(",");
    if (point[1] === undefined) return;
    path += `${path === "" ? "M" : " L"} ${Number(point[0])} ${Number(point[1])}`;
  });
  return path;
}

function handle(r) {
  const path = pathOf(r.requestText);
  r.headersOut["content-type"] = "image/svg+xml";
  r.return(
    200,
    `<svg xmlns="http://www.w3.org/2000/svg"><path d="${path}" stroke="black" fill="none"/></svg>\n`,
  );
}

export default { handle };
