/** The gateway being measured: started by a config, read from outside by /proc and from inside by heap-probe.ts. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GatewayProcess } from "../../support/gateway-process.ts";

const PROBE = fileURLToPath(new URL("./heap-probe.ts", import.meta.url));
/** The resident size has settled when it has changed by less than SETTLED_BYTES for SETTLED_MS. */
const SETTLED_MS = 1500;
const SETTLED_BYTES = 256 * 1024;
const SETTLE_STEP_MS = 100;

/** All in bytes. */
export interface Reading {
  /** Resident, of which `fileBytes` are pages of files (the executable). */
  readonly residentBytes: number;
  readonly fileBytes: number;
  /** VmHWM, and the highest sum over the process tree. */
  readonly peakBytes: number;
  readonly treePeakBytes: number;
  /** V8's heap of the I/O thread: pages that it has touched, and what of it lives. */
  readonly heapTouchedBytes: number;
  readonly heapLiveBytes: number;
  /** Everything resident that is not that heap. */
  readonly besidesBytes: number;
}

export class Subject {
  readonly gateway: GatewayProcess;
  readonly #probeFile: string;

  private constructor(gateway: GatewayProcess, probeFile: string) {
    this.gateway = gateway;
    this.#probeFile = probeFile;
  }

  static async start(config: object): Promise<Subject> {
    const probeFile = join(mkdtempSync(join(tmpdir(), "nea-memory-")), "heap.json");
    const env = { NODE_OPTIONS: `--import ${PROBE}`, NEA_HEAP_PROBE: probeFile };
    return new Subject(await GatewayProcess.start(config, env), probeFile);
  }

  get port(): number {
    return this.gateway.port;
  }

  /** Collects garbage first, so that the resident size is that of what is in use. */
  async read(): Promise<Reading> {
    await this.#settled();
    const { peakBytes: treePeakBytes, rootPeakBytes: peakBytes } = this.gateway.memory.read();
    rmSync(this.#probeFile, { force: true });
    this.gateway.child.kill("SIGUSR2");
    const heap = await this.#heap();
    const residentBytes = await this.#settled();
    return {
      residentBytes,
      fileBytes: statusField(this.gateway.pid, "RssFile"),
      peakBytes,
      treePeakBytes,
      heapTouchedBytes: heap.touchedBytes,
      heapLiveBytes: heap.usedBytes,
      besidesBytes: residentBytes - heap.touchedBytes,
    };
  }

  async stop(): Promise<void> {
    await this.gateway.stop("SIGKILL");
  }

  async #settled(): Promise<number> {
    let [settled, sinceMs] = [0, performance.now()];
    while (performance.now() - sinceMs < SETTLED_MS) {
      await sleep(SETTLE_STEP_MS);
      const { residentBytes } = this.gateway.memory.read();
      if (Math.abs(residentBytes - settled) < SETTLED_BYTES) continue;
      [settled, sinceMs] = [residentBytes, performance.now()];
    }
    return settled;
  }

  async #heap(): Promise<{ touchedBytes: number; usedBytes: number }> {
    for (;;) {
      try {
        return JSON.parse(readFileSync(this.#probeFile, "utf8")) as {
          touchedBytes: number;
          usedBytes: number;
        };
      } catch {
        await sleep(20);
      }
    }
  }
}

function statusField(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}
