/**
 * Metrics of the fleet as this gateway sees it. While the view is stale the sums are absent: no figure is better for an
 * autoscaler than an old one, as it then leaves the number of replicas as it is.
 */
import type { FleetPool, FleetTotals } from "../../fleet/view.ts";
import { type Family, type Sample, counter, gauge, single } from "../exposition.ts";
import type { Sources } from "../sources.ts";

export function fleetFamilies({ fleet, gateway }: Sources): Family[] {
  if (!fleet) return [];
  // The names of other gateways' pools are not ours to make labels of.
  const own = new Set([...gateway.gates].map(([name]) => name));
  const pools = (pick: (pool: FleetPool) => number) => () => {
    const { stale, totals } = fleet.view();
    if (stale) return [];
    return totals.pools
      .filter(({ name }) => own.has(name))
      .map((pool): Sample => [{ pool: pool.name }, pick(pool)]);
  };
  const total = (pick: (totals: FleetTotals) => number) => () => {
    const { stale, totals } = fleet.view();
    return stale ? [] : single(pick(totals));
  };
  return [
    gauge(
      "nea_fleet_view_stale",
      "1: Redis has not answered for a while, nothing is known of the others.",
      () => single(Number(fleet.view().stale)),
    ),
    gauge(
      "nea_fleet_replicas",
      "Gateways that reported in time, this one included.",
      total(({ live }) => live),
    ),
    gauge(
      "nea_fleet_replicas_stale",
      "Gateways that have missed their turn to report.",
      total(({ stale }) => stale),
    ),
    gauge(
      "nea_fleet_slots",
      "Slots of a pool in the whole fleet.",
      pools(({ slots }) => slots),
    ),
    gauge(
      "nea_fleet_slots_in_use",
      "Those of them that are taken.",
      pools(({ inUse }) => inUse),
    ),
    gauge(
      "nea_fleet_queue_length",
      "Requests that wait for a slot in the whole fleet.",
      pools(({ waiting }) => waiting),
    ),
    gauge(
      "nea_fleet_requests_per_second",
      "Requests of the whole fleet.",
      total(({ requestsPerSecond }) => requestsPerSecond),
    ),
    counter("nea_fleet_rounds_total", "Rounds of publishing and reading.", () =>
      single(fleet.counters.rounds),
    ),
    counter("nea_fleet_round_failures_total", "Rounds in which Redis could not be reached.", () =>
      single(fleet.counters.roundFailures),
    ),
    counter(
      "nea_fleet_publish_failures_total",
      "Rounds in which Redis did not take this gateway's figures.",
      () => single(fleet.counters.publishFailures),
    ),
    counter("nea_fleet_links_total", "Connections to Redis that were tried.", () =>
      single(fleet.counters.links),
    ),
  ];
}
