import type { Handler } from "nea-gateway";

// Nea's third workload: "x,y" lines are posted, an SVG with the path through these points comes back.
function pathOf(csv: string): string {
  let path = "";
  for (const line of csv.split("\n")) {
    const [x, y] = line.split(",");
    if (y === undefined) continue;
    path += `${path === "" ? "M" : " L"} ${Number(x)} ${Number(y)}`;
  }
  return path;
}

export default {
  async fetch(request) {
    const path = pathOf(await request.text());
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><path d="${path}" stroke="black" fill="none"/></svg>\n`;
    return new Response(svg, { headers: { "content-type": "image/svg+xml" } });
  },
} satisfies Handler;
