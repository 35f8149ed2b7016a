import type { Handler } from "nea-gateway";

const WIDTH = 480;
const ROW = 24;

// POST a table of names and numbers ("tea,12" a line), get a bar chart.
export default {
  async fetch(request) {
    if (request.method !== "POST")
      return new Response("POST me a table\n", { status: 405, headers: { allow: "POST" } });
    const rows = parse(await request.text());
    if (rows.length === 0) return new Response("no line of the form name,number\n", { status: 422 });
    return new Response(chart(rows), { headers: { "content-type": "image/svg+xml" } });
  },
} satisfies Handler;

function parse(csv: string): [string, number][] {
  return csv
    .split(/\r?\n/)
    .map((line): [string, number] => {
      const comma = line.lastIndexOf(",");
      return [line.slice(0, comma).trim(), comma < 0 ? NaN : Number(line.slice(comma + 1))];
    })
    .filter(([name, value]) => name !== "" && Number.isFinite(value) && value >= 0);
}

function chart(rows: [string, number][]): string {
  const largest = Math.max(...rows.map(([, value]) => value), 1);
  const bars = rows.map(([name, value], index) => {
    const width = (value / largest) * (WIDTH - 160);
    const y = index * ROW;
    return `<rect x="120" y="${y + 4}" width="${width.toFixed(1)}" height="${ROW - 8}"/><text x="112" y="${y + 17}" text-anchor="end">${escape(name)}</text><text x="${(128 + width).toFixed(1)}" y="${y + 17}">${value}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${rows.length * ROW}" font-size="12" font-family="sans-serif">${bars.join("")}</svg>\n`;
}

function escape(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.codePointAt(0)};`);
}
