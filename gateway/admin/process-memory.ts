/**
 * What the process uses, as the kernel counts it. Read at most once per READ_EVERY_MS, however many ask: two small files
 * under /proc and one of the cgroup, about 0.1 ms together.
 *
 * Source: proc(5), VmRSS and VmHWM; Linux Documentation/admin-guide/cgroup-v2.rst, memory.current.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getHeapStatistics } from "node:v8";

export interface MemoryUse {
  readonly rssBytes: number;
  /** The highest resident size since the start: what the bound is about. */
  readonly peakRssBytes: number;
  /** Everything in the container's cgroup, page cache included; null where there is none. */
  readonly cgroupBytes: number | null;
  readonly heapBytes: number;
  readonly heapLimitBytes: number;
}

const READ_EVERY_MS = 500;

export class ProcessMemory {
  readonly #cgroupFile = cgroupUsageFile();
  #use: MemoryUse | undefined;
  #readAtMs = 0;

  read(): MemoryUse {
    const nowMs = performance.now();
    if (this.#use && nowMs - this.#readAtMs < READ_EVERY_MS) return this.#use;
    this.#readAtMs = nowMs;
    return (this.#use = this.#read());
  }

  #read(): MemoryUse {
    const status = textOf("/proc/self/status") ?? "";
    const { rss, heapUsed } = process.memoryUsage();
    const rssBytes = kibOf(status, "VmRSS") ?? rss;
    return {
      rssBytes,
      peakRssBytes: kibOf(status, "VmHWM") ?? process.resourceUsage().maxRSS * 1024,
      cgroupBytes: this.#cgroupFile === null ? null : Number(textOf(this.#cgroupFile) ?? Number.NaN),
      heapBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
    };
  }
}

function kibOf(status: string, field: string): number | undefined {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** In a container the path of the process's group is often not mounted; then its root is the group. */
function cgroupUsageFile(): string | null {
  for (const line of textOf("/proc/self/cgroup")?.trim().split("\n") ?? []) {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers !== "" && !controllers.split(",").includes("memory")) continue;
    const mount = controllers === "" ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const name = controllers === "" ? "memory.current" : "memory.usage_in_bytes";
    for (let group = path; ; group = dirname(group)) {
      const file = join(mount, group, name);
      if (textOf(file) !== undefined) return file;
      if (group === "/" || group === ".") break;
    }
  }
  return null;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
