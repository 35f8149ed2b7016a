// Handlers in real arenas, without a listener in front: the engine, arena threads, images and runs that the gateway
// uses, and an owner that writes down what happens.
import { arenaWorkerCode } from "../../gateway/arena/worker-code.ts";
import { Arenas } from "../../gateway/arena/arenas.ts";
import type { Image } from "../../gateway/arena/images.ts";
import { type Engine, loadEngine } from "../../gateway/arena/engine.ts";
import type { BuildFailure, BuiltImage } from "../../gateway/arena/image-builder.ts";
import { IMAGE, IMAGE_HEADER_BYTES, partsBetween } from "../../gateway/arena/image.ts";
import { BELL, DATA_START, EXTENSION_START } from "../../gateway/arena/layout.ts";
import { type Effect, effectText } from "../../gateway/arena/letters.ts";
import type { Slot, SlotPool } from "../../gateway/arena/slots.ts";
import { BODY_KIND, EFFECT } from "../../gateway/handle/abi.ts";
import { platformFor } from "../../gateway/handle/platform.ts";
import { HandlerRun, type RunEnd, type RunOwner } from "../../gateway/handle/run.ts";
import { Deadlines } from "../../gateway/proxy/deadlines.ts";

export const KIB = 1024;
export const MIB = 1024 * KIB;

export interface LabOptions {
  slots?: number;
  arenaBytes?: number;
  threads?: number;
  /** All images together; the arena in which they are made is as large. */
  imagesBytes?: number;
}

let engine: Engine | undefined;
let workerCode: Promise<string> | undefined;

export class ArenaLab {
  readonly arenas: Arenas;
  readonly deadlines = new Deadlines();
  readonly pool: SlotPool;
  readonly arenaBytes: number;

  private constructor(arenas: Arenas, arenaBytes: number) {
    this.arenas = arenas;
    this.arenaBytes = arenaBytes;
    this.pool = arenas.pools.get("lab")!;
  }

  static async open({
    slots = 1,
    arenaBytes = 4 * MIB,
    threads = 1,
    imagesBytes = 64 * MIB,
  }: LabOptions = {}): Promise<ArenaLab> {
    const arenas = new Arenas({
      engine: (engine ??= loadEngine()),
      workerCode: await (workerCode ??= arenaWorkerCode()),
      pools: [{ name: "lab", slots, arenaBytes }],
      threads,
      imagesBytes,
      prefault: false,
      onLost: (error) => {
        throw error ?? new Error("an arena thread was lost");
      },
    });
    await arenas.ready();
    return new ArenaLab(arenas, arenaBytes);
  }

  close(): Promise<void> {
    return this.arenas.close();
  }

  /** An image of a handler, given as JavaScript; throws if it cannot be made. */
  async load(code: string, name = "lab.ts"): Promise<Image> {
    const { image } = await this.loadBuilt(code, name);
    return image;
  }

  async loadBuilt(
    code: string,
    name = "lab.ts",
    warm: string[] = [],
  ): Promise<{ image: Image; built: BuiltImage }> {
    const made = await this.tryLoad(code, name, warm);
    if (typeof made === "string" || "phase" in made) throw new Error(JSON.stringify(made));
    return made;
  }

  async tryLoad(code: string, name = "lab.ts", warm: string[] = [], cpuMs = 2000) {
    const { extensions, scripts } = await platformFor(code);
    const { arenaBytes } = this;
    const settings = { env: {}, bindings: [], arenaBytes, hasUpstream: false, mayFetch: false };
    return (await this.arenas.build({
      arenaBytes,
      extensions: [...extensions],
      platform: [...scripts],
      handler: { name, code },
      configuration: JSON.stringify(settings),
      warm,
      cpuUs: cpuMs * 1000,
    })) as { image: Image; built: BuiltImage } | BuildFailure | "cpu" | "wall";
  }

  /** Starts a request; nothing answers what the handler asks of the outside, except by `deliver`. */
  start(image: Image, { path = "/", cpuMs = 100, wallMs = 5000, awaited = false } = {}): Recorder {
    const recorder = new Recorder(awaited);
    const place = { arenas: this.arenas, pool: this.pool, image, deadlines: this.deadlines };
    recorder.run = new HandlerRun(place, { cpuMs, wallMs }, recorder, () => recorder.onFree());
    recorder.run.start(`GET\nhttp://localhost${path}\nhost\nlocalhost`, false);
    return recorder;
  }

  /** Runs a request from start to clean arena. */
  async request(image: Image, options: Parameters<ArenaLab["start"]>[1] = {}): Promise<Recorder> {
    const recorder = this.start(image, options);
    await recorder.finish();
    return recorder;
  }

  /** Resolves when the run's thread has no job of it: its handler waits for something. */
  async suspended({ run }: Recorder): Promise<void> {
    while (run.isBusy) await new Promise(setImmediate);
  }

  /** The first places at which an arena differs from its image, the mailbox left out: it is wiped when a request begins. */
  differences({ bytes, layout }: Slot, image: Image): string[] {
    const expected = this.#pristine(image).subarray(0, layout.mailboxStart);
    const found = bytes.subarray(0, layout.mailboxStart);
    if (Buffer.compare(expected, found) === 0) return [];
    const places: string[] = [];
    for (let at = 0; at < expected.length && places.length < 10; at++) {
      // Whoever rings may do so when the turn has just ended; no handler can tell.
      if (at >> 2 === BELL) continue;
      if (expected[at] !== found[at]) places.push(`byte ${at}: ${found[at]}, expected ${expected[at]}`);
    }
    return places;
  }

  /** What an arena that holds this image and nothing else contains, put together from the images memory. */
  #pristine(image: Image): Buffer {
    const bytes = Buffer.alloc(this.arenaBytes);
    const images = Buffer.from(this.arenas.images.store.memory.buffer);
    const { offset } = image.span;
    const header = new Int32Array(this.arenas.images.store.memory.buffer, offset, IMAGE_HEADER_BYTES / 4);
    const extensionBytes = header[IMAGE.extensionBytes]!;
    let from = offset + IMAGE_HEADER_BYTES;
    from += images.copy(bytes, EXTENSION_START, from, from + extensionBytes);
    const words = header.subarray(IMAGE.firstGap, IMAGE.firstGap + 2 * header[IMAGE.gaps]!);
    const gaps = Array.from({ length: header[IMAGE.gaps]! }, (_, index) => ({
      address: words[2 * index]!,
      bytes: words[2 * index + 1]!,
    }));
    for (const part of partsBetween(gaps, DATA_START, header[IMAGE.dataBytes]!))
      from += images.copy(bytes, part.address, from, from + part.bytes);
    return bytes;
  }
}

/** Owns one run: nothing answers what the handler asks of the outside, except by `run.deliver`. */
export class Recorder implements RunOwner {
  run!: HandlerRun;
  /** Whether an event is to come; without one a handler that waits is stuck. */
  awaited: boolean;
  /** Of the answer; 0 if none came. */
  status = 0;
  body = "";
  /** What the handler threw, or why its answer was none. */
  threw = "";
  end!: RunEnd;
  /** How often the run said that it is over, and that its slot is free. */
  endings = 0;
  frees = 0;
  readonly logs: string[] = [];
  /** Resolves when the handler's last turn is over. */
  readonly over: Promise<void>;
  readonly #free: Promise<void>;
  #resolveOver!: () => void;
  #resolveFree!: () => void;

  constructor(awaited: boolean) {
    this.awaited = awaited;
    this.over = new Promise((resolve) => (this.#resolveOver = resolve));
    this.#free = new Promise((resolve) => (this.#resolveFree = resolve));
  }

  get slot(): Slot {
    return this.run.slot;
  }

  /** Lets go of the arena and resolves when it is clean and given back. */
  async finish(): Promise<void> {
    await this.over;
    this.run.release();
    await this.#free;
  }

  onFree(): void {
    this.frees++;
    this.#resolveFree();
  }

  effect(effect: Effect): void {
    const text = () => effectText(effect.bytes, effect.textPointer, effect.textBytes);
    const body = () => effectText(effect.bytes, effect.bodyPointer, effect.bodyBytes);
    if (effect.effect === EFFECT.respond) {
      this.status = effect.a;
      if (effect.b === BODY_KIND.string || effect.b === BODY_KIND.bytes) this.body = body();
    } else if (effect.effect === EFFECT.threw || effect.effect === EFFECT.badResponse) {
      this.threw = text();
    } else if (effect.effect === EFFECT.log) {
      this.logs.push(text());
    }
  }

  ended(end: RunEnd): void {
    this.end = end;
    this.endings++;
    this.#resolveOver();
  }
}
