/** Metrics of requests: what came, how it ended, how long it took. */
import { STATUS_CLASSES } from "../route-figures.ts";
import { type Family, type Sample, counter, gauge, histogram, single } from "../exposition.ts";
import type { Sources } from "../sources.ts";

export function requestFamilies({ figures, gateway }: Sources): Family[] {
  const routes = () => [...figures.routes, figures.noRoute];
  return [
    counter(
      "nea_requests_total",
      "Requests that ended, by route and class of status (none: no answer).",
      function* () {
        for (const { name, byClass } of routes()) {
          for (const [at, code] of STATUS_CLASSES.entries()) {
            if (byClass[at]! > 0) yield [{ route: name, code }, byClass[at]!];
          }
        }
      },
    ),
    counter("nea_errors_total", "Requests that ended in an error of the gateway's own, by its code.", () =>
      [...figures.errors].map(([code, count]): Sample => [{ code }, count]),
    ),
    gauge("nea_requests_in_flight", "Requests that have a head and no end yet.", () =>
      single(gateway.active),
    ),
    histogram(
      "nea_request_duration_seconds",
      "From the head of a request to the end of its answer, upgrades left out.",
      () => routes().map(({ name, duration }) => [{ route: name }, duration]),
    ),
    histogram("nea_request_wait_seconds", "What admitted requests waited for a slot.", () =>
      [...figures.waits].map(([pool, wait]) => [{ pool }, wait]),
    ),
    counter("nea_received_body_bytes_total", "Bytes of request bodies.", () =>
      routes().map(({ name, bytesIn }): Sample => [{ route: name }, bytesIn]),
    ),
    counter("nea_sent_body_bytes_total", "Bytes of answers' bodies.", () =>
      routes().map(({ name, bytesOut }): Sample => [{ route: name }, bytesOut]),
    ),
    gauge("nea_connections", "Open client connections.", () => single(gateway.listener.connections)),
    gauge("nea_connections_limit", "Client connections that are served at once.", () =>
      single(gateway.generation.config.limits.connections),
    ),
    counter("nea_connections_refused_total", "Connections over the limit.", () =>
      single(gateway.listener.refusedConnections),
    ),
  ];
}
