/** Metrics of the process: its memory against the plan and the container, its time, its configuration, its log. */
import { type Family, type Sample, counter, gauge, single } from "../exposition.ts";
import type { Sources } from "../sources.ts";

export function processFamilies(sources: Sources): Family[] {
  return [...memoryFamilies(sources), ...timeFamilies(sources), ...configFamilies(sources)];
}

function memoryFamilies({ plan, limit, memory }: Sources): Family[] {
  return [
    gauge("nea_plan_bytes", "The bound: what the process never exceeds.", () => single(plan.totalBytes)),
    gauge("nea_plan_term_bytes", "What the bound consists of.", () =>
      plan.terms.map(({ name, bytes }): Sample => [{ term: name }, bytes]),
    ),
    gauge("nea_memory_limit_bytes", "What the container allows.", () => (limit ? single(limit.bytes) : [])),
    gauge("nea_cgroup_memory_bytes", "What the container uses, page cache included.", () => {
      const { cgroupBytes } = memory.read();
      return cgroupBytes === null ? [] : single(cgroupBytes);
    }),
    gauge("nea_process_resident_memory_bytes", "Resident memory.", () => single(memory.read().rssBytes)),
    gauge("nea_process_resident_memory_peak_bytes", "The most resident memory since the start.", () =>
      single(memory.read().peakRssBytes),
    ),
    gauge("nea_heap_used_bytes", "V8's heap of the I/O thread.", () => single(memory.read().heapBytes)),
    gauge("nea_heap_limit_bytes", "What V8's heap of the I/O thread is capped to.", () =>
      single(memory.read().heapLimitBytes),
    ),
  ];
}

function timeFamilies({ pulse, identity }: Sources): Family[] {
  return [
    counter("nea_process_cpu_seconds_total", "CPU time of all threads.", () => {
      const { user, system } = process.cpuUsage();
      return single((user + system) / 1e6);
    }),
    gauge("nea_process_start_time_seconds", "When the process started, since 1970.", () =>
      single(Date.parse(identity.startedAt) / 1000),
    ),
    gauge(
      "nea_io_delay_p99_seconds",
      "How late the I/O thread came to its work, 99 % of the last 10 seconds.",
      () => single(pulse.rates.loopDelayP99Ms / 1000),
    ),
    gauge(
      "nea_io_delay_max_seconds",
      "How late the I/O thread came to its work, at most in the last 10 seconds.",
      () => single(pulse.rates.loopDelayMaxMs / 1000),
    ),
    gauge("nea_io_busy_ratio", "The part of the last second in which the I/O thread was busy.", () =>
      single(pulse.rates.loopBusy),
    ),
    gauge("nea_build_info", "Always 1; the labels say what runs.", () => [
      [{ version: identity.version, node: process.versions.node }, 1],
    ]),
  ];
}

function configFamilies({ reloader, log, ready }: Sources): Family[] {
  return [
    gauge("nea_ready", "1 while /readyz says so.", () => single(Number(ready()))),
    gauge("nea_config_generation", "Counts the configurations that served; 1 is the one of the start.", () =>
      single(reloader.generation),
    ),
    gauge(
      "nea_config_last_reload_successful",
      "0: the last change was faulty, the one before serves on.",
      () => single(Number(reloader.last?.ok ?? true)),
    ),
    gauge(
      "nea_config_last_reload_timestamp_seconds",
      "When a change was last tried, since 1970; absent before the first.",
      () => (reloader.last ? single(Date.parse(reloader.last.at) / 1000) : []),
    ),
    counter("nea_config_reloads_total", "Changes that were tried, by result.", () => [
      [{ result: "ok" }, reloader.generation - 1],
      [{ result: "failed" }, reloader.failures],
    ]),
    counter("nea_log_lines_dropped_total", "Log lines that standard output did not take in time.", () =>
      single(log.dropped),
    ),
  ];
}
