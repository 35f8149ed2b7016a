/**
 * `nea plan --from http://host:9090`: arena sizes from what requests really used. Arenas of a fixed size waste least when
 * the requests of a pool are alike; this groups routes into pools so that the memory kept for them is smallest.
 *
 * Read from a gateway's /metrics (the Prometheus text format): per route the histogram nea_arena_peak_bytes, and from
 * nea_handler_duration_seconds_sum how long its requests held a slot.
 */

/** One route as the gateway has seen it. */
export interface RouteUse {
  readonly route: string;
  readonly requests: number;
  /** Seconds that its requests took together: what counts when slots are shared out. */
  readonly busyS: number;
  readonly meanPeakBytes: number;
  /** Upper bounds of the histogram's buckets, and the requests in each (not cumulative). */
  readonly buckets: readonly { readonly bytes: number; readonly requests: number }[];
}

export interface ProposedPool {
  readonly arenaBytes: number;
  readonly routes: readonly string[];
  /** The part of the busy time that is spent in it, 0 to 1. */
  readonly share: number;
  /** How much of the arenas lies idle in the mean, 0 to 1. */
  readonly waste: number;
}

export interface Proposal {
  readonly pools: readonly ProposedPool[];
  /** Bytes kept per request under way, in the mean: what the proposal makes small. */
  readonly meanArenaBytes: number;
  readonly waste: number;
}

/** More pools than this are more to look after than they save. */
const MOST_POOLS = 3;

/** The largest arena that a pool may have: buckets above it hold nothing that fits anywhere. */
const UNBOUNDED = Number.POSITIVE_INFINITY;

const SAMPLE =
  /^(nea_arena_peak_bytes_bucket|nea_arena_peak_bytes_sum|nea_handler_duration_seconds_sum)\{(.*)\} (\S+)$/;

export function parseUses(metrics: string): RouteUse[] {
  const routes = new Map<string, Gathered>();
  for (const line of metrics.split("\n")) {
    const [, name, labels = "", figure = ""] = SAMPLE.exec(line) ?? [];
    if (name === undefined) continue;
    const { route = "", le } = labelsOf(labels);
    const gathered = routes.get(route) ?? { cumulative: [], peakSum: 0, busyS: 0 };
    routes.set(route, gathered);
    if (name.endsWith("_bucket"))
      gathered.cumulative.push([le === "+Inf" ? UNBOUNDED : Number(le), Number(figure)]);
    else if (name.startsWith("nea_arena")) gathered.peakSum = Number(figure);
    else gathered.busyS = Number(figure);
  }
  return [...routes]
    .map(([route, gathered]) => useOf(route, gathered))
    .filter(({ requests }) => requests > 0);
}

interface Gathered {
  readonly cumulative: [bytes: number, count: number][];
  peakSum: number;
  busyS: number;
}

function useOf(route: string, { cumulative, peakSum, busyS }: Gathered): RouteUse {
  const sorted = cumulative.sort(([a], [b]) => a - b);
  const buckets = sorted.map(([bytes, count], i) => ({ bytes, requests: count - (sorted[i - 1]?.[1] ?? 0) }));
  const requests = sorted.at(-1)?.[1] ?? 0;
  return { route, requests, busyS, meanPeakBytes: requests === 0 ? 0 : peakSum / requests, buckets };
}

/** `name="value"` pairs with the escapes of the text format. */
function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name!] = value!.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

/** The smallest bucket that holds all but `beyond` (0 to 1) of the route's requests; null where none does. */
export function sizeFor({ buckets, requests }: RouteUse, beyond: number): number | null {
  let left = requests;
  for (const { bytes, requests: inside } of buckets) {
    left -= inside;
    if (left <= beyond * requests) return bytes === UNBOUNDED ? null : bytes;
  }
  return null;
}

/** Null: nothing was seen yet, or some requests fit into no arena. */
export function propose(uses: readonly RouteUse[], beyond: number): Proposal | null {
  const sized = uses.map((use) => ({ use, bytes: sizeFor(use, beyond) }));
  if (sized.length === 0 || sized.some(({ bytes }) => bytes === null)) return null;
  const routes = sized as { use: RouteUse; bytes: number }[];
  const sizes = [...new Set(routes.map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const choices = subsets(sizes, MOST_POOLS).filter((subset) => subset.at(-1) === sizes.at(-1));
  const proposals = choices.map((subset) => group(routes, subset));
  return proposals.reduce((best, next) => (next.meanArenaBytes < best.meanArenaBytes ? next : best));
}

/** Each route in the smallest of `sizes` that it fits into. */
function group(routes: readonly { use: RouteUse; bytes: number }[], sizes: readonly number[]): Proposal {
  const busy = (of: readonly { use: RouteUse }[]) => of.reduce((sum, { use }) => sum + weightOf(use), 0);
  const total = busy(routes);
  const pools = sizes.map((arenaBytes, i) => {
    const inside = routes.filter(({ bytes }) => bytes <= arenaBytes && bytes > (sizes[i - 1] ?? 0));
    const used = inside.reduce((sum, { use }) => sum + weightOf(use) * use.meanPeakBytes, 0);
    const weight = busy(inside);
    return {
      arenaBytes,
      routes: inside.map(({ use }) => use.route),
      share: weight / total,
      waste: 1 - used / (weight * arenaBytes),
    };
  });
  const meanArenaBytes = pools.reduce((sum, { share, arenaBytes }) => sum + share * arenaBytes, 0);
  const used = pools.reduce((sum, { share, arenaBytes, waste }) => sum + share * arenaBytes * (1 - waste), 0);
  return { pools, meanArenaBytes, waste: 1 - used / meanArenaBytes };
}

/** Requests that take no measurable time still count for something. */
function weightOf({ busyS, requests }: RouteUse): number {
  return busyS + requests * 1e-6;
}

function subsets(items: readonly number[], most: number): number[][] {
  const [first, ...rest] = items;
  if (first === undefined) return [[]];
  const without = subsets(rest, most);
  return [...without, ...without.filter(({ length }) => length < most).map((subset) => [first, ...subset])];
}
