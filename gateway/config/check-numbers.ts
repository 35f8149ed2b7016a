/** Numbers that must fit together: each is in its own range, but not next to the other. */
import { SLOTS } from "../limits.ts";
import { formatSizeBytes } from "../shared/units.ts";
import type { Path } from "./faults.ts";
import { asSection, listAt, readKey, sectionAt } from "./findings.ts";
import type { Findings, Section } from "./findings.ts";
import { configSchema } from "./schema.ts";

const { shape } = configSchema;
const poolSection = shape.pools.unwrap().valueType;
const shareSection = shape.routes.element.shape.slots.unwrap();

export function checkNumbers(config: Section, findings: Findings): void {
  checkListeners(config, findings);
  checkPairs(config, findings);
  checkSlots(config, findings);
  for (const [name, upstream] of Object.entries(sectionAt(config, "upstreams"))) {
    const tls = sectionAt(asSection(upstream), "tls");
    if ("cert" in tls !== "key" in tls)
      findings.report(["upstreams", name, "tls"], "cert and key go together");
  }
  listAt(config, "routes").forEach((entry, index) => {
    checkRetryPool(config, asSection(entry), ["routes", index], findings);
  });
  checkShares(config, findings);
}

function checkListeners(config: Section, findings: Findings): void {
  const listen = readKey(configSchema, config, "listen");
  const admin = readKey(configSchema, config, "admin");
  if (listen === undefined || admin === undefined || listen.port === 0 || listen.port !== admin.port) return;
  const everywhere = ["0.0.0.0", "::"];
  const clash =
    listen.host === admin.host || everywhere.includes(listen.host) || everywhere.includes(admin.host);
  if (clash) findings.report(["admin"], `port ${admin.port} is taken by listen`);
}

function checkPairs(config: Section, findings: Findings): void {
  const [limits, drain] = [shape.limits.unwrap(), shape.drain.unwrap()];
  const [fleet, memory] = [shape.fleet.unwrap(), shape.memory.unwrap()];
  const at = (key: string) => sectionAt(config, key);
  if (more(readKey(limits, at("limits"), "targetBytes"), readKey(limits, at("limits"), "headBytes"))) {
    findings.report(["limits", "targetBytes"], "expected no more than limits.headBytes");
  }
  if (!more(readKey(drain, at("drain"), "deadline"), readKey(drain, at("drain"), "delay"), true)) {
    findings.report(["drain", "deadline"], "expected more than drain.delay");
  }
  const interval = readKey(fleet, at("fleet"), "interval") ?? 0;
  if (more(2 * interval, readKey(fleet, at("fleet"), "ttl"))) {
    findings.report(["fleet", "ttl"], "expected at least twice fleet.interval");
  }
  if (!more(readKey(memory, at("memory"), "limit"), readKey(memory, at("memory"), "headroom"), true)) {
    findings.report(["memory", "headroom"], "expected less than memory.limit");
  }
}

function checkSlots(config: Section, findings: Findings): void {
  const pools = Object.values(sectionAt(config, "pools"));
  const slots = pools.reduce<number>(
    (sum, pool) => sum + (readKey(poolSection, asSection(pool), "slots") ?? 0),
    0,
  );
  if (slots > SLOTS)
    findings.report(["pools"], `expected at most ${SLOTS} slots in all pools together, got ${slots}`);
}

/** Run again in a pool of the same size, a request would overflow again. */
function checkRetryPool(config: Section, route: Section, path: Path, findings: Findings): void {
  const pools = sectionAt(config, "pools");
  const arenaOf = (pool: unknown) =>
    typeof pool === "string" ? readKey(poolSection, sectionAt(pools, pool), "arena") : undefined;
  const own = arenaOf(route["pool"]);
  const retry = arenaOf(sectionAt(route, "onOverflow")["retry"]);
  if (own === undefined || retry === undefined || retry > own) return;
  findings.report(
    [...path, "onOverflow", "retry"],
    `expected a pool with arenas larger than ${formatSizeBytes(own)}`,
  );
}

interface GateUse {
  readonly slots: number;
  reserved: number;
  /** Routes without a reserve. */
  sharing: number;
}

/** Reserves are promises: those on one gate must fit into it, and leave something for the routes that have none. */
function checkShares(config: Section, findings: Findings): void {
  const gates = new Map<string, GateUse>();
  listAt(config, "routes").forEach((entry, index) => {
    const route = asSection(entry);
    const [name, slots] = gateOf(config, route);
    if (slots === undefined || "redirect" in route) return;
    const gate = gates.get(name) ?? { slots, reserved: 0, sharing: 0 };
    gates.set(name, gate);
    addShare(gate, name, sectionAt(route, "slots"), ["routes", index, "slots"], findings);
  });
  for (const [name, { slots, reserved, sharing }] of gates) {
    if (reserved !== slots || sharing === 0) continue;
    findings.report(
      ["routes"],
      `all ${slots} slots of ${name} are reserved, so its routes without a reserve could never run`,
    );
  }
}

function addShare(gate: GateUse, name: string, share: Section, path: Path, findings: Findings): void {
  const reserve = readKey(shareSection, share, "reserve") ?? 0;
  const cap = readKey(shareSection, share, "cap") ?? gate.slots;
  gate.reserved += reserve;
  if (reserve === 0) gate.sharing++;
  if (cap > gate.slots)
    findings.report([...path, "cap"], `expected no more than the ${gate.slots} slots of ${name}`);
  if (reserve > cap) findings.report([...path, "reserve"], "expected no more than the route's cap");
  if (reserve > 0 && gate.reserved > gate.slots) {
    findings.report(
      [...path, "reserve"],
      `with the routes before, ${gate.reserved} of the ${gate.slots} slots of ${name} are reserved`,
    );
  }
}

/** The name and the number of the slots that a route waits for. */
function gateOf(config: Section, route: Section): readonly [string, number | undefined] {
  const [proxy, upgrades] = [shape.proxy.unwrap(), shape.upgrades.unwrap()];
  if (route["upgrade"] === true)
    return ["upgrades", readKey(upgrades, sectionAt(config, "upgrades"), "slots")];
  if (!("handler" in route)) return ["proxy", readKey(proxy, sectionAt(config, "proxy"), "slots")];
  const pool = route["pool"];
  if (typeof pool !== "string") return ["", undefined];
  return [`pools.${pool}`, readKey(poolSection, sectionAt(sectionAt(config, "pools"), pool), "slots")];
}

/** `otherwise` when one of them is not known. */
function more(one: number | undefined, other: number | undefined, otherwise = false): boolean {
  return one === undefined || other === undefined ? otherwise : one > other;
}
