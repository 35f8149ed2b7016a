/** All gateways that meet in the same Redis. */
import type { FleetShape, LiveView, ReplicaShape } from "../views/shapes.ts";
import { byId, element, setAttribute, setText } from "./dom.ts";
import { ago, bytes, duration, number, plural } from "./format.ts";
import { type Column, Table } from "./table.ts";
import { since } from "./verdict.ts";

export function fleet(): (view: LiveView) => void {
  const words = element("p");
  const old = element("p", { class: "old" });
  let nowMs = 0;
  const table = new Table<ReplicaShape>(
    "Gateways of the fleet",
    columns(() => nowMs),
    ({ id }) => id,
    "",
  );
  byId("fleet-view").append(old, words, table.root);
  return (view) => {
    nowMs = Date.parse(view.time);
    table.root.hidden = view.fleet === null;
    old.hidden = !view.fleet?.stale;
    setText(
      words,
      view.fleet ? inWords(view.fleet) : "This gateway alone: the configuration names no fleet.",
    );
    if (!view.fleet) return;
    const { redis, replicas } = view.fleet;
    const when = redis.trueAt === null ? "" : ` (${ago(redis.trueAt, nowMs)})`;
    const why = redis.error ?? "Redis is silent";
    setText(
      old,
      `Nothing known since ${since(redis.trueAt)}${when}: ${why}. Others' figures are the last known ones.`,
    );
    table.update(replicas);
  };
}

function inWords({ name, totals, redis }: FleetShape): string {
  const pools = totals.pools
    .filter(isTelling)
    .map(({ name, slots, inUse }) => `${slots - inUse} of ${slots} free in ${name}`)
    .join(", ");
  const stale = totals.stale === 0 ? "" : `, ${totals.stale} not reporting`;
  return `Fleet ${name} in ${redis.place}: ${plural(totals.live, "gateway")}${stale}; ${pools}; ${number(totals.requestsPerSecond)} requests/s.`;
}

function columns(now: () => number): Column<ReplicaShape>[] {
  return [
    { name: "gateway", kind: "code", text: ({ id, self }) => (self ? `${id} (this one)` : id) },
    { name: "state", text: stateText, cell: () => new ReplicaState() },
    {
      name: "slots taken",
      text: ({ pools }) =>
        pools
          .filter(isTelling)
          .map(({ name, inUse, slots }) => `${name} ${inUse}/${slots}`)
          .join("  "),
    },
    {
      name: "waiting",
      kind: "number",
      text: ({ pools }) => number(pools.reduce((sum, { waiting }) => sum + waiting, 0)),
    },
    { name: "requests/s", kind: "number", text: ({ requestsPerSecond }) => number(requestsPerSecond) },
    { name: "refused/s", kind: "number", text: ({ refusedPerSecond }) => number(refusedPerSecond) },
    { name: "p99", kind: "number", text: ({ p99Ms }) => duration(p99Ms) },
    { name: "failures", kind: "number", text: ({ failures }) => number(failures) },
    {
      name: "memory",
      kind: "number",
      text: ({ rssBytes, planBytes }) => `${bytes(rssBytes)} of ${bytes(planBytes)}`,
    },
    { name: "up", kind: "number", text: ({ startedAt }) => duration(now() - Date.parse(startedAt)) },
    { name: "version", text: ({ version }) => version },
  ];
}

/** The slots of forwarded requests and upgrades are many, and mostly free. */
function isTelling({ name, inUse }: ReplicaShape["pools"][number]): boolean {
  return inUse > 0 || (name !== "proxy" && name !== "upgrades");
}

function stateText({ stale, ageMs, ready, reloadFailed }: ReplicaShape): string {
  if (stale) return `silent for ${duration(ageMs)}`;
  if (!ready) return "not ready";
  return reloadFailed ? "reload failed" : "live";
}

class ReplicaState {
  readonly root = element("span", { class: "state" });

  update(replica: ReplicaShape): void {
    const { stale, ready, reloadFailed } = replica;
    setText(this.root, stateText(replica));
    setAttribute(this.root, "data-state", stale ? "bad" : ready && !reloadFailed ? "ok" : "warn");
  }
}
