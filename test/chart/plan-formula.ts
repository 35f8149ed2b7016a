/**
 * The plan as formulas that a Helm template can evaluate. They are not written by hand: every term of gateway/plan.ts is
 * taken apart into a sum of products by evaluating `planOf` at a few points, so constants and terms exist once, in plan.ts.
 *
 * This works because a term is linear in each quantity by itself: slots x arena, connections x (a + 2 x head). `assertSame`
 * proves it on random configs, or says which term is not like that.
 */
import type { GatewayConfig } from "../../gateway/config.ts";
import { type Term, planOf } from "../../gateway/plan.ts";
import {
  configWith,
  PROBE_POOL,
  type Point,
  QUANTITIES,
  quantitiesOf,
  type Quantity,
} from "./plan-quantities.ts";

export interface TermFormula {
  /** "arenas {pool}" for a term that exists once per pool. */
  readonly name: string;
  readonly perPool: boolean;
  readonly owner: string;
  readonly products: readonly Product[];
}

export interface Product {
  readonly factor: number;
  readonly of: readonly Quantity[];
}

export interface PlanFormula {
  /** `pools.largestArena` is at least this, also without any pool. */
  readonly arenaFloor: number;
  readonly terms: readonly TermFormula[];
}

/** The two values of each quantity that terms are looked at with. The arenas are above any floor the plan may have. */
const [LOW, HIGH] = [everyQuantity(2, 2 ** 26, 0), everyQuantity(4, 2 ** 27, 1)];

function everyQuantity(amount: number, arenaBytes: number, section: number): Point {
  const point = Object.fromEntries(QUANTITIES.map((quantity) => [quantity, amount])) as Point;
  return { ...point, "pools.largestArena": arenaBytes, "tls": section, "fleet": section };
}

export function derivePlan(): PlanFormula {
  const terms = planOf(configWith(HIGH)).terms.map(deriveTerm);
  return { arenaFloor: deriveFloor(terms), terms };
}

function deriveTerm({ name, owner }: Term): TermFormula {
  const perPool = name.includes(PROBE_POOL);
  const bytes = (point: Point) => bytesOf(name, configWith(point));
  const dependsOn = QUANTITIES.filter(
    (quantity) => bytes({ ...HIGH, [quantity]: LOW[quantity] }) !== bytes(HIGH),
  );
  const products = productsOf((point) => bytes({ ...HIGH, ...point }), dependsOn);
  return {
    name: name.replace(PROBE_POOL, "{pool}"),
    perPool,
    owner,
    products: perPool ? products.map(ofOnePool) : products,
  };
}

/** A term that a config has no use for may be left out of its plan. */
function bytesOf(name: string, config: GatewayConfig): number {
  return planOf(config).terms.find((term) => term.name === name)?.bytes ?? 0;
}

/** f = (f without x) + x * (slope of f in x), for one quantity after the other. */
function productsOf(f: (point: Partial<Point>) => number, quantities: readonly Quantity[]): Product[] {
  const [x, ...others] = quantities;
  if (x === undefined) return f({}) === 0 ? [] : [{ factor: f({}), of: [] }];
  const [low, high] = [LOW[x], HIGH[x]];
  const slope = (point: Partial<Point>) =>
    (f({ ...point, [x]: high }) - f({ ...point, [x]: low })) / (high - low);
  const rest = (point: Partial<Point>) => f({ ...point, [x]: low }) - low * slope(point);
  const withX = productsOf(slope, others).map(({ factor, of }) => ({ factor, of: [x, ...of] }));
  return [...productsOf(rest, others), ...withX];
}

const OWN: Partial<Record<Quantity, Quantity>> = {
  "pools.slots": "pool.slots",
  "pools.largestArena": "pool.arena",
};

function ofOnePool({ factor, of }: Product): Product {
  return { factor, of: of.map((quantity) => OWN[quantity] ?? quantity) };
}

/** What the plan takes for the largest arena when there is no pool. */
function deriveFloor(formulas: readonly TermFormula[]): number {
  const config = { ...configWith(HIGH), pools: {}, routes: [] };
  const scratch = formulas.find(({ perPool, products }) => !perPool && usesLargestArena(products));
  if (scratch === undefined) return 0;
  const at = (arena: number) =>
    evaluate(scratch, { ...quantitiesOf(config, 0), "pools.largestArena": arena });
  return (bytesOf(scratch.name, config) - at(0)) / (at(1) - at(0));
}

function usesLargestArena(products: readonly Product[]): boolean {
  return products.some(({ of }) => of.includes("pools.largestArena"));
}

export function evaluate({ products }: TermFormula, point: Point): number {
  const valueOf = ({ factor, of }: Product) =>
    of.reduce((value, quantity) => value * point[quantity], factor);
  return products.reduce((sum, product) => sum + valueOf(product), 0);
}

/** All terms of a config by the formulas, in the order of the plan. */
export function termsByFormula(
  { terms, arenaFloor }: PlanFormula,
  config: GatewayConfig,
): { name: string; bytes: number }[] {
  return terms.flatMap((term) => {
    const pools = term.perPool ? Object.values(config.pools) : [undefined];
    return pools.map((pool) => ({
      name: term.name.replace("{pool}", pool?.name ?? ""),
      bytes: evaluate(term, quantitiesOf(config, arenaFloor, pool)),
    }));
  });
}

/** Throws with the name of the first term that the formulas get wrong. */
export function assertSame(formula: PlanFormula, config: GatewayConfig): void {
  const derived = new Map(termsByFormula(formula, config).map(({ name, bytes }) => [name, bytes]));
  for (const { name, bytes } of planOf(config).terms) {
    if (derived.get(name) === bytes) continue;
    throw new Error(
      `gateway/plan.ts: the term "${name}" is ${bytes} bytes and ${derived.get(name)} by the derived formula. ` +
        `It depends on something that test/chart/plan-quantities.ts does not list, or it is not linear in each quantity.`,
    );
  }
}
