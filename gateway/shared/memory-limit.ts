/**
 * How much memory this process may use: the smallest limit of its cgroup and of every cgroup above it (v2
 * `memory.max`, v1 `memory.limit_in_bytes`), and the machine's own memory.
 *
 * Source: Linux Documentation/admin-guide/cgroup-v2.rst ("memory.max") and cgroup-v1/memory.rst.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface MemoryLimit {
  bytes: number;
  /** The file that says so. */
  source: string;
}

/** Where the kernel's files are; another root only for tests with files of their own. */
export interface KernelFiles {
  proc: string;
  cgroup: string;
}

export const KERNEL: KernelFiles = { proc: "/proc", cgroup: "/sys/fs/cgroup" };

/** v1 says "no limit" with the largest multiple of the page size below 2^63. */
const V1_UNLIMITED = 2 ** 62;

/** Undefined where the kernel tells nothing (no Linux, no /proc). */
export function memoryLimit(files: KernelFiles = KERNEL): MemoryLimit | undefined {
  const limits = [...cgroupLimits(files), ...machineMemory(files)];
  return limits.reduce<MemoryLimit | undefined>(
    (smallest, limit) => (smallest && smallest.bytes <= limit.bytes ? smallest : limit),
    undefined,
  );
}

function cgroupLimits(files: KernelFiles): MemoryLimit[] {
  const memberships = readText(join(files.proc, "self/cgroup"))?.trim().split("\n") ?? [];
  return memberships.flatMap((line) => {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === "") return climb(files.cgroup, path, "memory.max");
    if (!controllers.split(",").includes("memory")) return [];
    return climb(join(files.cgroup, "memory"), path, "memory.limit_in_bytes");
  });
}

/**
 * The limits from the process's own group up to the root. Inside a container the root of its own namespace is what is
 * mounted, so a path that does not exist there is passed over.
 */
function climb(mount: string, path: string, file: string): MemoryLimit[] {
  const found: MemoryLimit[] = [];
  for (let group = path; ; group = dirname(group)) {
    const source = join(mount, group, file);
    const bytes = Number(readText(source)?.trim() ?? "max");
    if (Number.isFinite(bytes) && bytes > 0 && bytes < V1_UNLIMITED) found.push({ bytes, source });
    if (group === "/" || group === ".") return found;
  }
}

function machineMemory(files: KernelFiles): MemoryLimit[] {
  const source = join(files.proc, "meminfo");
  const kib = /^MemTotal:\s+(\d+) kB$/m.exec(readText(source) ?? "")?.[1];
  return kib ? [{ bytes: Number(kib) * 1024, source }] : [];
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
