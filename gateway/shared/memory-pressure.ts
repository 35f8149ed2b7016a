/**
 * Whether memory is short around us: the bound holds, but what else runs in the container or on the machine can still take
 * what was promised, and then everything is slow for no reason that our own figures show.
 *
 * Sources: Linux Documentation/accounting/psi.rst (memory.pressure, /proc/pressure/memory: the part of the time in which
 * some task waited for memory) and Documentation/admin-guide/cgroup-v2.rst (memory.events: how often the group was held
 * back at its limit, and processes of it killed).
 *
 * Owner: the process. Bound: two small files, read every LOOK_MS. Watched through `note`, and by a log line at each change.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Logger } from "./log.ts";
import { KERNEL, type KernelFiles } from "./memory-limit.ts";

const LOOK_MS = 5000;
/** Percent of the last ten seconds in which some task waited for memory: from here on people notice. */
const PRESSED_PERCENT = 10;
/** In memory.events: held back at memory.high or memory.max, out of memory, killed for it. */
const EVENTS = ["high", "max", "oom", "oom_kill"] as const;

export class MemoryPressure {
  /** In words, while memory is short; null while it is not. */
  note: string | null = null;
  readonly #pressureFile: string | null;
  readonly #eventsFile: string | null;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #events: ReadonlyMap<string, number>;

  constructor(logger: Logger, files: KernelFiles = KERNEL) {
    this.#logger = logger;
    const group = (name: string) => groupFile(files, name);
    this.#pressureFile = group("memory.pressure") ?? readable(join(files.proc, "pressure/memory"));
    this.#eventsFile = group("memory.events");
    this.#events = this.#readEvents();
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Reads the kernel's files now. */
  look(): void {
    const before = this.note;
    this.note = this.#judge();
    if (this.note !== null && before === null) this.#logger.warn({ pressure: this.note }, "memory is short");
    if (this.note === null && before !== null) this.#logger.info("memory is no longer short");
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #judge(): string | null {
    const waiting = this.#waitingPercent();
    const [before, now] = [this.#events, this.#readEvents()];
    this.#events = now;
    const happened = EVENTS.filter((event) => (now.get(event) ?? 0) > (before.get(event) ?? 0));
    if (happened.length > 0)
      return `the container was at its limit (${happened.join(", ")} in ${this.#eventsFile})`;
    if (waiting < PRESSED_PERCENT) return null;
    return `tasks wait for memory ${waiting} % of the time (${this.#pressureFile})`;
  }

  #waitingPercent(): number {
    const text = this.#pressureFile === null ? "" : textOf(this.#pressureFile);
    return Number(/^some avg10=([\d.]+)/m.exec(text ?? "")?.[1] ?? 0);
  }

  #readEvents(): ReadonlyMap<string, number> {
    const text = (this.#eventsFile && textOf(this.#eventsFile)) ?? "";
    return new Map([...text.matchAll(/^(\w+) (\d+)$/gm)].map(([, name, count]) => [name!, Number(count)]));
  }
}

/** A file of our own group; inside a container the root of the mount is the group. cgroup v1 has neither file. */
function groupFile({ proc, cgroup }: KernelFiles, name: string): string | null {
  const path = /^0::(.*)$/m.exec(textOf(join(proc, "self/cgroup")) ?? "")?.[1];
  if (path === undefined) return null;
  for (let group = path; ; group = dirname(group)) {
    const file = readable(join(cgroup, group, name));
    if (file !== null || group === "/" || group === ".") return file;
  }
}

function readable(file: string): string | null {
  return textOf(file) === undefined ? null : file;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
