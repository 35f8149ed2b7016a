/** The chart's files that are made from the gateway, each with how it is made. generate.ts writes them, a test compares. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configJsonSchema } from "./config-schema.ts";
import { costTable } from "./cost-table.ts";
import { renderPlanFile } from "./plan-file.ts";
import { valuesTable } from "./values-table.ts";

export const CHART = fileURLToPath(new URL("../../charts/nea-gateway", import.meta.url));

export interface Artifact {
  readonly file: string;
  /** From what is there: the parts that are written by hand stay. */
  readonly render: (current: string) => string;
}

export const ARTIFACTS: readonly Artifact[] = [
  { file: `${CHART}/files/plan.yaml`, render: () => renderPlanFile() },
  { file: `${CHART}/values.schema.json`, render: withConfigSchema },
  { file: `${CHART}/README.md`, render: withTables },
];

function withConfigSchema(current: string): string {
  const schema = JSON.parse(current) as { properties: Record<string, unknown> };
  schema.properties["config"] = configJsonSchema();
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function withTables(current: string): string {
  const withCosts = between(current, "costs", costTable());
  return between(withCosts, "values", valuesTable(readFileSync(`${CHART}/values.yaml`, "utf8")));
}

/** Replaces what is between `<!-- NAME -->` and `<!-- /NAME -->`. */
function between(text: string, name: string, content: string): string {
  const [before, rest] = text.split(`<!-- ${name} -->`);
  const after = rest?.split(`<!-- /${name} -->`)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has no <!-- ${name} -->`);
  return `${before}<!-- ${name} -->\n\n${content}\n\n<!-- /${name} -->${after}`;
}
