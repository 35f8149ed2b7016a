/** Metrics of handlers, their arenas and the threads that run them. */
import { FAILURE_CAUSES } from "../../observer.ts";
import { type Family, type Sample, counter, gauge, histogram, single } from "../exposition.ts";
import type { HandlerFigures } from "../route-figures.ts";
import type { Sources } from "../sources.ts";

const BREAKER_STATES = ["closed", "open", "half-open"] as const;

export function handlerFamilies({ figures, arenas, gateway }: Sources): Family[] {
  const breakers = () =>
    gateway.generation.routes.flatMap(({ config, breaker }) =>
      breaker ? [{ route: config.name, breaker }] : [],
    );
  const handlers = (): [string, HandlerFigures][] =>
    [...figures.routes].flatMap(({ name, handler }): [string, HandlerFigures][] =>
      handler ? [[name, handler]] : [],
    );
  const { threads } = arenas;
  const { store } = arenas.images;
  return [
    histogram(
      "nea_handler_duration_seconds",
      "From the start of a handler to the end of its last turn.",
      () => handlers().map(([route, { duration }]) => [{ route }, duration]),
    ),
    counter("nea_handler_cpu_seconds_total", "CPU time of handlers.", () =>
      handlers().map(([route, { cpuMs }]): Sample => [{ route }, cpuMs / 1000]),
    ),
    histogram("nea_arena_peak_bytes", "How much of its arena a request used at most.", () =>
      handlers().map(([route, { peak }]) => [{ route }, peak]),
    ),
    counter(
      "nea_handler_failures_total",
      "Handlers that were aborted (memory: the arena was full; cpu; wall; stuck; effects; trapped) or threw.",
      function* () {
        for (const [route, { failures }] of handlers()) {
          for (const cause of FAILURE_CAUSES) yield [{ route, cause }, failures.get(cause) ?? 0];
        }
      },
    ),
    counter(
      "nea_handler_takeovers_total",
      "Failures that clients did not see: run again in the retry pool, or sent to the upstream.",
      function* () {
        for (const [route, { takenOver }] of handlers()) {
          for (const [by, count] of Object.entries(takenOver)) yield [{ route, by }, count];
        }
      },
    ),
    gauge("nea_breaker_state", "1 for the state that a route's breaker is in.", function* () {
      const nowMs = performance.now();
      for (const { route, breaker } of breakers()) {
        for (const state of BREAKER_STATES) yield [{ route, state }, Number(breaker.state(nowMs) === state)];
      }
    }),
    counter("nea_breaker_trips_total", "How often a route's breaker opened.", () =>
      breakers().map(({ route, breaker }): Sample => [{ route }, breaker.trips]),
    ),
    counter("nea_breaker_refused_total", "Requests that an open breaker kept from the handler.", () =>
      breakers().map(({ route, breaker }): Sample => [{ route }, breaker.refused]),
    ),
    counter("nea_console_lines_dropped_total", "Console lines of handlers over the route's limit.", () =>
      single(figures.consoleLinesDropped),
    ),
    gauge("nea_arena_threads", "Threads for handlers, without the patient and the spare one.", () =>
      single(threads.threads),
    ),
    gauge("nea_arena_thread_turns_waiting", "Turns that wait for a thread or run on it.", function* () {
      for (const [seat, load] of threads.loads.entries()) yield [{ thread: String(seat) }, load];
    }),
    counter(
      "nea_arena_thread_kills_total",
      "Threads terminated to end a turn that nothing else would end.",
      () => single(threads.kills),
    ),
    counter(
      "nea_turns_requeued_total",
      "Turns that waited behind one that was long or killed, and ran elsewhere.",
      () => single(threads.requeued),
    ),
    gauge("nea_images_capacity_bytes", "Room for the images of handlers.", () => single(store.capacityBytes)),
    gauge("nea_images_used_bytes", "What the images of handlers take of it.", () => single(store.usedBytes)),
  ];
}
