/** A memory cgroup with a limit, where this machine lets us make one (root, cgroup v1 or v2 with the memory controller). */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MOUNT = "/sys/fs/cgroup";

export class MemoryCgroup {
  readonly directory: string;
  readonly version: 1 | 2;

  private constructor(directory: string, version: 1 | 2) {
    this.directory = directory;
    this.version = version;
  }

  /** Undefined where it cannot be had. */
  static create(name: string, limitBytes: number): MemoryCgroup | undefined {
    const version = existsSync(join(MOUNT, "cgroup.controllers")) ? 2 : 1;
    const directory = version === 2 ? join(MOUNT, name) : join(MOUNT, "memory", name);
    try {
      if (version === 2) writeFileSync(join(MOUNT, "cgroup.subtree_control"), "+memory");
      mkdirSync(directory);
    } catch {
      return undefined;
    }
    try {
      writeFileSync(
        join(directory, version === 2 ? "memory.max" : "memory.limit_in_bytes"),
        String(limitBytes),
      );
      return new MemoryCgroup(directory, version);
    } catch {
      rmdirSync(directory);
      return undefined;
    }
  }

  static isAvailable(): boolean {
    const probe = MemoryCgroup.create(`nea-probe-${process.pid}`, 64 * 1024 * 1024);
    probe?.remove();
    return probe !== undefined;
  }

  /** How often the kernel killed something in it. */
  get kills(): number {
    const text = this.#read(this.version === 2 ? "memory.events" : "memory.oom_control");
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1]);
  }

  /** Once nothing runs in it any more. */
  remove(): void {
    rmdirSync(this.directory);
  }

  #read(file: string): string {
    return readFileSync(join(this.directory, file), "utf8");
  }
}
