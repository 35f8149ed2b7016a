/** Metrics of upstreams. Targets are summed up: their names come from DNS, and would be labels without end. */
import type { Upstream } from "../../proxy/upstream.ts";
import { type Family, type Sample, counter, gauge, histogram } from "../exposition.ts";
import type { Sources } from "../sources.ts";

const STATES = ["healthy", "ejected", "half-open", "unhealthy"] as const;

export function upstreamFamilies({ gateway }: Sources): Family[] {
  const upstreams = () => [...gateway.generation.upstreams.values()];
  const each = (pick: (upstream: Upstream) => number) => () =>
    upstreams().map((upstream): Sample => [{ upstream: upstream.name }, pick(upstream)]);
  type Stats = ReturnType<Upstream["stats"]>[number];
  const sum = (pick: (stats: Stats) => number) =>
    each((upstream) => upstream.stats().reduce((total, stats) => total + pick(stats), 0));
  return [
    gauge("nea_upstream_targets", "Targets of an upstream, by state.", function* () {
      for (const upstream of upstreams()) {
        const stats = upstream.stats();
        for (const state of STATES) {
          yield [{ upstream: upstream.name, state }, stats.filter((target) => target.state === state).length];
        }
      }
    }),
    gauge(
      "nea_upstream_requests_in_flight",
      "Requests that targets are answering.",
      sum(({ running }) => running),
    ),
    gauge(
      "nea_upstream_requests_waiting",
      "Requests that wait for a connection.",
      sum(({ waiting }) => waiting),
    ),
    gauge(
      "nea_upstream_connections",
      "Open connections to targets.",
      sum(({ connections }) => connections),
    ),
    gauge(
      "nea_upstream_upgrades",
      "Upgraded connections.",
      sum(({ upgrades }) => upgrades),
    ),
    counter(
      "nea_upstream_requests_total",
      "Requests sent, repeated ones included.",
      each(({ requests }) => requests),
    ),
    counter(
      "nea_upstream_failures_total",
      "Requests that failed by a target's fault.",
      each(({ failures }) => failures),
    ),
    counter(
      "nea_upstream_retries_total",
      "Requests sent a second time.",
      each(({ retried }) => retried),
    ),
    counter(
      "nea_upstream_ejections_total",
      "Targets taken out after failures in a row.",
      each(({ ejections }) => ejections),
    ),
    histogram("nea_upstream_head_seconds", "From a request being sent to the head of its answer.", () =>
      upstreams().map(({ name, headTimes }) => [{ upstream: name }, headTimes]),
    ),
  ];
}
