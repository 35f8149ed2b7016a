/** Metrics of slots and queues. A `pool` is one of the configuration's, or "proxy" for requests without a handler. */
import type { GateCounters } from "../../admit/gate.ts";
import { SLOT } from "../../arena/control.ts";
import type { SlotPool } from "../../arena/slots.ts";
import { type Family, type Sample, counter, gauge } from "../exposition.ts";
import type { Sources } from "../sources.ts";

const REASONS = {
  ADMIT_QUEUE_FULL: "queue_full",
  ADMIT_WAIT_EXPIRED: "wait_expired",
  ADMIT_DRAINING: "draining",
  ADMIT_CLIENT_GONE: "client_gone",
} as const satisfies Record<keyof GateCounters["refused"], string>;

export function poolFamilies({ gateway, arenas }: Sources): Family[] {
  const each = (pick: (counters: GateCounters) => number) => () =>
    [...gateway.gates].map(([pool, gate]): Sample => [{ pool }, pick(gate.counters())]);
  const eachArena = (pick: (pool: SlotPool) => number) => () =>
    [...arenas.pools.values()].map((pool): Sample => [{ pool: pool.name }, pick(pool)]);
  const { generation } = gateway;
  return [
    gauge(
      "nea_slots",
      "Slots of a pool: requests that can run at once.",
      each(({ slots }) => slots),
    ),
    gauge(
      "nea_slots_in_use",
      "Slots that are taken, until they are clean again.",
      each(({ active }) => active),
    ),
    gauge(
      "nea_slots_high_water",
      "The most slots ever taken at once.",
      each(({ highWater }) => highWater),
    ),
    gauge(
      "nea_slots_condemned",
      "Slots that wait to be wiped whole.",
      eachArena(({ slots }) => slots.filter(isCondemned).length),
    ),
    counter(
      "nea_slots_condemned_total",
      "How often nothing was known about a slot (trap, killed thread) and it was wiped whole.",
      eachArena(({ slots }) => slots.reduce((sum, { condemnedTimes }) => sum + condemnedTimes, 0)),
    ),
    gauge(
      "nea_arena_bytes",
      "Memory of one arena.",
      eachArena(({ arenaBytes }) => arenaBytes),
    ),
    gauge(
      "nea_queue_length",
      "Requests that wait for a slot.",
      each(({ waiting }) => waiting),
    ),
    gauge("nea_queue_capacity", "Requests that may wait for a slot.", () =>
      queueCapacities(generation.config),
    ),
    gauge(
      "nea_queue_high_water",
      "The most requests that ever waited at once.",
      each(({ waitingHighWater }) => waitingHighWater),
    ),
    counter(
      "nea_admitted_total",
      "Requests that got a slot.",
      each(({ admitted }) => admitted),
    ),
    counter(
      "nea_admitted_after_wait_total",
      "Those of them that had to wait.",
      each(({ admittedAfterWait }) => admittedAfterWait),
    ),
    counter("nea_refused_total", "Requests that got no slot, by reason.", () =>
      [...gateway.gates].flatMap(([pool, gate]) => refusals(pool, gate.counters())),
    ),
  ];
}

function isCondemned({ control }: { control: Int32Array }): boolean {
  return control[SLOT.condemned] === 1;
}

function queueCapacities({ pools, proxy }: Sources["gateway"]["generation"]["config"]): Sample[] {
  const own = Object.values(pools).map(({ name, queueLength }): Sample => [{ pool: name }, queueLength]);
  return [...own, [{ pool: "proxy" }, proxy.queueLength]];
}

function refusals(pool: string, { refused }: GateCounters): Sample[] {
  return Object.entries(REASONS).map(([code, reason]) => [
    { pool, reason },
    refused[code as keyof typeof REASONS],
  ]);
}
