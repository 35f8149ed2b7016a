/** charts/nea-gateway/files/plan.yaml: the formulas of the plan and the defaults of the config keys that the chart reads. */
import { listKeys } from "../../gateway/config/reference.ts";
import { derivePlan, type Product, type TermFormula } from "./plan-formula.ts";

/** What templates/_config.tpl and _plan.tpl ask for, in the notation of config/README.md. */
const KEYS_OF_THE_CHART = [
  "listen",
  "admin",
  "limits.connections",
  "limits.headBytes",
  "proxy.slots",
  "proxy.queue.length",
  "proxy.bufferBytes",
  "upgrades.slots",
  "images",
  "memory.headroom",
  "drain.delay",
  "drain.deadline",
  "pools.NAME.queue.length",
  "routes[].limits.subrequests",
];

export function renderPlanFile(): string {
  const { arenaFloor, terms } = derivePlan();
  return [
    "# Made from gateway/plan.ts and gateway/config/ by: node test/chart/generate.ts",
    "# A term is the sum of its products, in bytes.",
    "# The words in a product are explained in test/chart/plan-quantities.ts.",
    `arenaFloor: ${arenaFloor}`,
    "terms:",
    ...terms.flatMap(renderTerm),
    "# What holds when a config leaves the key out.",
    "defaults:",
    ...KEYS_OF_THE_CHART.map((key) => `  ${JSON.stringify(key)}: ${JSON.stringify(defaultOf(key))}`),
    "",
  ].join("\n");
}

function renderTerm({ name, perPool, owner, products }: TermFormula): string[] {
  return [
    `  - name: ${JSON.stringify(name)}`,
    `    perPool: ${perPool}`,
    `    owner: ${owner}`,
    "    sum:",
    ...products.map((product) => `      - ${renderProduct(product)}`),
  ];
}

function renderProduct({ factor, of }: Product): string {
  return JSON.stringify([factor, ...of].join(" * "));
}

function defaultOf(wanted: string): string {
  const fallback = listKeys().find(({ key }) => key === wanted)?.doc.default;
  if (fallback === undefined)
    throw new Error(`the config has no key ${wanted} with a default, but the chart reads it`);
  return fallback;
}
