/** `node test/chart/generate.ts`: makes the chart's files that follow from the gateway anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { ARTIFACTS } from "./artifacts.ts";

for (const { file, render } of ARTIFACTS) {
  const current = readFileSync(file, "utf8");
  const next = render(current);
  if (next === current) continue;
  writeFileSync(file, next);
  console.log(`wrote ${relative(process.cwd(), file)}`);
}
