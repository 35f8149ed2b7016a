// The resident memory of a process and all its descendants, as the kernel counts it (proc(5)). Children come and go (the
// bundler), so the peak of the sum is sampled; the peak of the root itself (VmHWM) is exact.
import { readFileSync, readdirSync } from "node:fs";

const SAMPLE_MS = 20;

export interface Memory {
  /** VmRSS of all processes of the tree. */
  residentBytes: number;
  /** The highest sum seen so far, at least the root's own VmHWM. */
  peakBytes: number;
  /** VmHWM of the root. */
  rootPeakBytes: number;
}

export class TreeMemory {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peakBytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => void this.read(), SAMPLE_MS);
    this.#timer.unref();
  }

  read(): Memory {
    const residentBytes = treeOf(this.#pid).reduce((sum, pid) => sum + field(pid, "VmRSS"), 0);
    const rootPeakBytes = field(this.#pid, "VmHWM");
    this.#peakBytes = Math.max(this.#peakBytes, residentBytes, rootPeakBytes);
    return { residentBytes, rootPeakBytes, peakBytes: this.#peakBytes };
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** A figure of /proc/PID/status in bytes; 0 for a process that is gone. */
function field(pid: number, name: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The process and its descendants. */
function treeOf(root: number): number[] {
  const tree = [root];
  for (let next = 0; next < tree.length; next++) tree.push(...childrenOf(tree[next]!));
  return tree;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
