/**
 * A pod of the chart on this machine: the rendered ConfigMap as files, the rendered environment, arguments and memory limit,
 * around `node gateway/main.ts`. Where the machine allows it (root on Linux), in namespaces and a cgroup as a container
 * would be; elsewhere as a plain process, and the titles of the tests say so.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Manifest } from "./helm.ts";
import { MemoryCgroup } from "./memory-cgroup.ts";
import { type Container, envOf, gatewayOf, mountVolumes, podOf } from "./pod.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const SANDBOX = fileURLToPath(new URL("./pod-sandbox.sh", import.meta.url));
const NAMESPACES = ["--mount", "--pid", "--fork", "--uts", "--kill-child"];
const USER = 65532;
const LOOK_MS = 100;

/** Root alone is not enough: containers often may not make namespaces. */
export const canIsolate =
  process.getuid?.() === 0 &&
  spawnSync("unshare", [...NAMESPACES, "mount", "--make-rprivate", "/"]).status === 0;

export const isolation = canIsolate
  ? `in namespaces of their own, as user ${USER}, read-only, ${MemoryCgroup.isAvailable() ? "within their memory limit" : "WITHOUT A MEMORY LIMIT: this machine allows none"}`
  : "AS PLAIN PROCESSES: this machine allows no namespaces";

export interface PodExit {
  readonly code: number | null;
  /** It outlived its grace period and was killed. */
  readonly killed: boolean;
}

export class LocalPod {
  readonly name: string;
  readonly http: number;
  readonly admin: number;
  readonly cgroup: MemoryCgroup | undefined;
  readonly root: string;
  /** Of memory, as the chart writes it: in whole Mi. */
  readonly limit: string;
  /** Everything it wrote. */
  output = "";
  readonly #graceMs: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;

  private constructor(name: string, manifests: readonly Manifest[], root: string) {
    const container = gatewayOf(manifests);
    this.name = name;
    this.root = root;
    this.limit = String(container.resources.limits["memory"]);
    this.http = portOf(container, "http");
    this.admin = portOf(container, "admin");
    this.#graceMs = podOf(manifests).terminationGracePeriodSeconds * 1000;
    this.cgroup = canIsolate
      ? MemoryCgroup.create(name, Number.parseInt(this.limit) * 1024 * 1024)
      : undefined;
    // The image's own environment, then the pod's.
    const env = {
      PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      NODE_ENV: "production",
      ...envOf(manifests),
    };
    this.#child = this.#spawn(container, env);
    this.#exited = once(this.#child, "close").then(([code]) => code as number | null);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => void (this.output += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => void (this.output += text));
  }

  /** Resolves when the startup probe would. */
  static async start(name: string, manifests: readonly Manifest[]): Promise<LocalPod> {
    const root = await mkdtemp(join(tmpdir(), `${name}-`));
    await chmod(root, 0o755);
    await mountVolumes(manifests, root);
    await mkdir(join(root, "tmp"), { recursive: true });
    if (canIsolate) await chown(join(root, "tmp"), USER, USER);
    const pod = new LocalPod(name, manifests, root);
    try {
      await pod.#untilStarted(gatewayOf(manifests));
    } catch (error) {
      await pod.stop();
      await pod.remove();
      throw error;
    }
    return pod;
  }

  /** What the kubelet does some time after a ConfigMap has changed. */
  update(manifests: readonly Manifest[]): Promise<void> {
    return mountVolumes(manifests, this.root);
  }

  async ready(): Promise<boolean> {
    const reply = await fetch(`http://127.0.0.1:${this.admin}/readyz`).catch(() => undefined);
    await reply?.arrayBuffer();
    return reply?.status === 200;
  }

  /** What the kubelet does: SIGTERM to process 1, and SIGKILL at the end of the grace period. */
  async stop(): Promise<PodExit> {
    let killed = false;
    const grace = setTimeout(() => {
      killed = true;
      this.#signal("SIGKILL");
    }, this.#graceMs);
    this.#signal("SIGTERM");
    const code = await this.#exited;
    clearTimeout(grace);
    return { code, killed };
  }

  /** After it has stopped. */
  async remove(): Promise<void> {
    this.cgroup?.remove();
    await rm(this.root, { recursive: true, force: true });
  }

  #spawn({ args, workingDir }: Container, env: Record<string, string>): ChildProcess {
    if (!canIsolate) {
      const [main, etc] = [join(REPOSITORY, "gateway/main.ts"), join(this.root, workingDir)];
      const inRoot = args.map((arg) => (arg.startsWith("/") ? join(this.root, arg) : arg));
      return spawn(process.execPath, [main, ...inRoot], { cwd: etc, env });
    }
    const sandbox = [
      SANDBOX,
      REPOSITORY,
      this.root,
      process.execPath,
      this.cgroup?.directory ?? "",
      this.name,
    ];
    return spawn("unshare", [...NAMESPACES, "sh", ...sandbox, "/app/gateway/main.ts", ...args], { env });
  }

  /** The process that is 1 inside is the only child of `unshare` outside. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null) return;
    const inside = canIsolate ? Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")) : pid;
    if (inside > 0) process.kill(inside, signal);
  }

  async #untilStarted({ startupProbe }: Container): Promise<void> {
    // The probe's patience, but not its pace: a test looks more often.
    const deadline = performance.now() + startupProbe.periodSeconds * startupProbe.failureThreshold * 1000;
    while (this.#child.exitCode === null && performance.now() < deadline) {
      if (await this.ready()) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    throw new Error(`${this.name} did not become ready:\n${this.output}`);
  }
}

function portOf({ ports }: Container, wanted: string): number {
  return ports.find(({ name }) => name === wanted)?.containerPort ?? 0;
}
