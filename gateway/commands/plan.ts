/** `nea plan`: the memory bound of a configuration, and what follows from it, without starting anything. */
import { loadConfig } from "../config.ts";
import type { GatewayConfig } from "../config.ts";
import { fitSlots, leastBytes } from "../plan/fit.ts";
import { loadReport } from "../plan/load.ts";
import { PLAN_USAGE, type PlanOptions, parsePlanOptions } from "../plan/plan-options.ts";
import { type RouteUse, parseUses, propose } from "../plan/peaks.ts";
import { renderFit, renderLoad, renderProposal } from "../plan/report.ts";
import { planOf, renderPlan } from "../plan.ts";
import { formatSizeBytes } from "../shared/units.ts";
import { CommandError } from "./command-error.ts";

const MIB = 2 ** 20;

/** Throws ConfigError and CommandError. */
export async function runPlan(argv: string[], write: (text: string) => void): Promise<number> {
  const options = parsePlanOptions(argv);
  if (options === null) {
    write(PLAN_USAGE);
    return 0;
  }
  const config = loadConfig(options.configFile);
  const parts = [fitPart(config, options), loadPart(config, options), await peaksPart(config, options)];
  const asked = parts.filter((part) => part !== null);
  const shown = asked.length > 0 ? asked : [planPart(config)];
  if (options.json)
    write(`${JSON.stringify(Object.assign({}, ...shown.map(({ data }) => data)), null, 2)}\n`);
  else write(shown.map(({ text }) => text).join("\n"));
  return 0;
}

/** The same twice: for people, and for programs. */
interface Part {
  readonly text: string;
  readonly data: object;
}

function planPart(config: GatewayConfig): Part {
  const plan = planOf(config);
  return { text: `${renderPlan(plan)}\n`, data: plan };
}

function fitPart(config: GatewayConfig, { memoryBytes }: PlanOptions): Part | null {
  if (memoryBytes === null) return null;
  const fit = fitSlots(config, memoryBytes);
  if (fit) return { text: renderFit(fit, memoryBytes), data: { fit } };
  const leastMib = Math.ceil(leastBytes(config) / MIB);
  throw new CommandError(
    `${formatSizeBytes(memoryBytes)} are too little: with one slot in each pool the plan takes ${leastMib}Mi`,
  );
}

function loadPart(config: GatewayConfig, { load }: PlanOptions): Part | null {
  if (load === null) return null;
  const report = loadReport(config, load);
  return { text: renderLoad(report), data: { load: report } };
}

async function peaksPart(config: GatewayConfig, { from }: PlanOptions): Promise<Part | null> {
  if (from === null) return null;
  const uses = parseUses(await metricsOf(from.url));
  if (uses.length === 0) throw new CommandError(`${from.url.origin} has seen no request of a handler yet`);
  const proposal = propose(uses, from.beyond);
  if (!proposal) throw new CommandError("some requests fit into no arena; see --beyond");
  const text = renderProposal(uses, proposal, (route) => poolOf(config, route));
  return { text, data: { routes: uses.map(withoutInfinity), proposal } };
}

/** A gateway answers within milliseconds. */
const ANSWER_MS = 10_000;

async function metricsOf(url: URL): Promise<string> {
  const metrics = new URL("/metrics", url);
  try {
    const response = await fetch(metrics, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.ok) return await response.text();
    throw new CommandError(`${metrics.href} answers ${response.status}`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${metrics.href} does not answer: ${String((error as Error).cause ?? error)}`);
  }
}

function poolOf({ routes, pools }: GatewayConfig, name: string) {
  const pool = routes.find((route) => route.name === name)?.handler?.pool;
  return pool === undefined ? undefined : pools[pool];
}

/** JSON has no Infinity; the last bucket's bound is null. */
function withoutInfinity(use: RouteUse): object {
  const buckets = use.buckets.map(({ bytes, requests }) => ({
    bytes: Number.isFinite(bytes) ? bytes : null,
    requests,
  }));
  return { ...use, buckets };
}
