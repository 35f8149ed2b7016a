/**
 * The I/O thread's handle on one arena thread: its rings, its termination, its CPU time.
 *
 * Bound: RING_PLACES; its seat submits fewer jobs than that at a time.
 */
import { readFileSync } from "node:fs";
import { MessageChannel, type MessagePort, Worker, type WorkerOptions } from "node:worker_threads";
import { startGivingWay } from "../shared/give-way.ts";
import { KILLED, RING_PLACES, RUNNING_LETTER_BITS, TAKEN, THREAD, THREAD_WORDS } from "./control.ts";
import type { BuildResult, ImageRecipe } from "./image-builder.ts";
import type { ArenaWorkerData, Supply } from "./arena-worker.ts";

/** What all arena threads of a gateway share. */
export interface ArenaShared extends Omit<ArenaWorkerData, "thread" | "supplies" | "mostInstances"> {
  /** Of all slots, the scratch arena's last. */
  memories: readonly WebAssembly.Memory[];
  /** See worker-code.ts. */
  code: string;
}

/** What tells one thread from another. */
export interface ThreadTraits {
  /** The cap of its V8 heap. */
  readonly heapMib: number;
  readonly mostInstances: number;
  /** How much it gives way to other threads (shared/give-way.ts). */
  readonly nice: number;
}

/**
 * V8's own heap in an arena thread holds instances and little else (plan/runtime-figures.ts has the figures); the code
 * space is the engine's compiled code. They hold only because launch.ts takes the caps of the I/O thread's heap off the
 * command line again, which would otherwise be every thread's.
 */
const THREAD_LIMITS = {
  maxYoungGenerationSizeMb: 2,
  codeRangeSizeMb: 16,
  stackSizeMb: 8,
} as const;

const LETTER_MASK = (1 << RUNNING_LETTER_BITS) - 1;

export class ArenaThread {
  readonly ready: Promise<void>;
  isReady = false;
  readonly #supplies: MessagePort;
  readonly #memories: readonly WebAssembly.Memory[];
  /** Slots whose arenas this thread has been given. */
  readonly #given = new Set<number>();
  #worker: Worker | undefined;
  #ended = false;
  readonly #words = new Int32Array(new SharedArrayBuffer(THREAD_WORDS * Int32Array.BYTES_PER_ELEMENT));
  readonly #onWake: () => void;
  #threadPath = "";

  /**
   * `onWake` is called when jobs are done; `onExit` when the thread ended on its own, which it never should. The thread
   * starts after `after`; jobs may be submitted before.
   */
  constructor(
    { memories, ...shared }: ArenaShared,
    traits: ThreadTraits,
    onWake: () => void,
    onExit: (error: Error | undefined) => void,
    after: Promise<void> = Promise.resolve(),
  ) {
    this.#memories = memories;
    this.#onWake = onWake;
    const { port1, port2 } = new MessageChannel();
    this.#supplies = port1;
    port1.unref();
    this.ready = after.then(() => (this.#ended ? undefined : this.#start(shared, traits, port2, onExit)));
  }

  #start(
    { code, ...data }: Omit<ArenaShared, "memories">,
    { heapMib, mostInstances, nice }: ThreadTraits,
    supplies: MessagePort,
    onExit: (error: Error | undefined) => void,
  ): Promise<void> {
    const workerData: ArenaWorkerData = { ...data, mostInstances, thread: this.#words, supplies };
    const options: WorkerOptions = {
      eval: true,
      workerData,
      transferList: [supplies],
      resourceLimits: { ...THREAD_LIMITS, maxOldGenerationSizeMb: heapMib },
      stdout: false,
      env: {},
    };
    const worker = startGivingWay(nice, () => new Worker(code, options));
    this.#worker = worker;
    let failure: Error | undefined;
    worker.on("error", (error: Error) => (failure = error));
    worker.on("exit", () => onExit(failure));
    return new Promise((resolve, reject) => {
      worker.once("message", ({ threadPath }: { threadPath: string }) => {
        this.#threadPath = threadPath;
        this.isReady = true;
        worker.on("message", this.#onWake);
        resolve();
      });
      worker.once("exit", () => reject(failure ?? new Error("an arena thread ended before it was ready")));
    });
  }

  /** Whether it has had a job for this slot before. */
  hasArena(slot: number): boolean {
    return this.#given.has(slot);
  }

  /** The letter names the slot. */
  submit(letter: number, slot: number): void {
    if (!this.#given.has(slot)) this.#give(slot);
    const written = this.#words[THREAD.jobsWritten]!;
    Atomics.store(this.#words, THREAD.jobs + (written & (RING_PLACES - 1)), letter);
    Atomics.store(this.#words, THREAD.jobsWritten, (written + 1) | 0);
    if (Atomics.exchange(this.#words, THREAD.asleep, 0) === 1) this.#worker!.postMessage(null);
    if (this.#words[THREAD.watched] === 1) return;
    Atomics.store(this.#words, THREAD.watched, 1);
    setImmediate(this.#look);
  }

  #give(slot: number): void {
    this.#given.add(slot);
    this.#supply({ slot, memory: this.#memories[slot]! });
  }

  #supply(supply: Supply): void {
    this.#supplies.postMessage(supply);
  }

  /** Hands over what an image is made of, for the build job that is submitted next; resolves with what came of it. */
  build(recipe: ImageRecipe): Promise<BuildResult> {
    this.#supply({ recipe });
    return new Promise((resolve) => this.#supplies.once("message", resolve));
  }

  /** Takes back a job that has not begun; false: it has, or is not here. */
  takeBack(letter: number): boolean {
    const written = this.#words[THREAD.jobsWritten]!;
    for (let at = Atomics.load(this.#words, THREAD.jobsRead); at !== written; at = (at + 1) | 0) {
      const place = THREAD.jobs + (at & (RING_PLACES - 1));
      if (Atomics.compareExchange(this.#words, place, letter, TAKEN) === letter) return true;
    }
    return false;
  }

  /** Under load most jobs are done before the event loop comes round, and need no message between the threads. */
  readonly #look = (): void => {
    Atomics.store(this.#words, THREAD.watched, 0);
    this.#onWake();
  };

  /** Hands every letter that is done to `take`. Wake-ups that arrive meanwhile lead to another call. */
  drain(take: (letter: number) => void): void {
    Atomics.store(this.#words, THREAD.wakeSent, 0);
    for (;;) {
      const read = this.#words[THREAD.doneRead]!;
      if (Atomics.load(this.#words, THREAD.doneWritten) === read) return;
      const letter = this.#words[THREAD.done + (read & (RING_PLACES - 1))]!;
      this.#words[THREAD.doneRead] = (read + 1) | 0;
      take(letter);
    }
  }

  /** The turn that runs now, as an opaque mark, or 0. */
  running(): number {
    return Atomics.load(this.#words, THREAD.running);
  }

  /** Whose turn that is. */
  static letterOf(mark: number): number {
    return (mark & LETTER_MASK) - 1;
  }

  /** Claims exactly this turn for termination; false if it ended meanwhile, and then nothing happens. */
  claim(mark: number): boolean {
    return Atomics.compareExchange(this.#words, THREAD.running, mark, KILLED) === mark;
  }

  /** Nanoseconds of CPU time of this thread, by the kernel's scheduler; undefined where it does not tell. */
  cpuNs(): number | undefined {
    if (!this.#threadPath) return undefined;
    try {
      return Number.parseInt(readFileSync(`${this.#threadPath}/schedstat`, "latin1"), 10);
    } catch {
      return undefined;
    }
  }

  async terminate(): Promise<void> {
    this.#ended = true;
    this.#supplies.close();
    this.#worker?.removeAllListeners("exit");
    await this.#worker?.terminate();
  }
}
