/**
 * The arenas of a gateway as one thing: slots, threads and images, and what runs in which slot.
 *
 * Bound: the slots' memories, the images memory, threads + 1 workers; all made by `openArenas` and none later (but for
 * the worker that replaces a killed one).
 */
import { SLOT } from "./control.ts";
import { ArenaThreads, type KillCause } from "./arena-threads.ts";
import type { BuildFailure, BuiltImage, ImageRecipe } from "./image-builder.ts";
import type { Engine } from "./engine.ts";
import { type Entrance, Entrances, LONG_US, Share } from "./entrances.ts";
import type { GrowthLog } from "./growth-log.ts";
import { IMAGE, IMAGE_HEADER_BYTES, type ImageSpan, ImageStore, scratchBytes } from "./image.ts";
import { DATA_START, EXTENSION_START } from "./layout.ts";
import { type PoolSize, type Slot, type SlotPool, type Slots, makeSlots } from "./slots.ts";

export interface ArenaOptions {
  engine: Engine;
  workerCode: string;
  pools: readonly PoolSize[];
  threads: number;
  imagesBytes: number;
  prefault: boolean;
  /** Notes every growth of a heap; for profiling, it slows handlers down. */
  growth?: GrowthLog;
  /** A thread ended for no reason of ours. */
  onLost(error: Error | undefined): void;
}

/** Who holds a slot, for people. */
export interface SlotHolder {
  readonly requestId: string;
  readonly route: string;
  /** performance.now() of its arrival. */
  readonly sinceMs: number;
}

/** Whoever holds a slot hears what becomes of the jobs it submits. */
export interface SlotTenant {
  readonly holder: SlotHolder | undefined;
  /** It has the slot from now on. */
  leased(slot: Slot): void;
  /** The slot's block says how the job ended. */
  jobDone(): void;
  /** The turn was ended by terminating its thread. */
  jobKilled(cause: KillCause): void;
}

/** An image that is ready to run, and what is needed to read a stopped arena that was made from it. */
export interface Image {
  span: ImageSpan;
  /** Bytes of the image itself: what a reset copies. */
  bytes: number;
  runtime: number;
  context: number;
  topPages: number;
  /** What its handler has had of the threads' time. */
  share: Share;
}

export interface MadeImage {
  image: Image;
  built: BuiltImage;
}

export class ImagesFullError extends Error {
  override name = "ImagesFullError";
}

export class Arenas {
  readonly images: ImageStore;
  readonly threads: ArenaThreads;
  readonly #slots: Slots;
  readonly #tenants: (SlotTenant | undefined)[];
  readonly #entrances = new Entrances();

  constructor({ engine, workerCode, pools, threads, imagesBytes, prefault, growth, onLost }: ArenaOptions) {
    this.images = new ImageStore(imagesBytes);
    this.#slots = makeSlots(pools, scratchBytes(imagesBytes), prefault);
    this.#tenants = this.#slots.byIndex.map(() => undefined);
    const shared = {
      code: workerCode,
      engine,
      images: this.images.memory,
      memories: this.#slots.byIndex.map(({ memory }) => memory),
      layouts: this.#slots.byIndex.map(({ layout }) => layout),
      control: this.#slots.control,
      growth: growth?.memory,
    };
    this.threads = new ArenaThreads(shared, threads, {
      done: (slot) => {
        this.#tenants[slot]?.jobDone();
        this.#letIn();
      },
      killed: (slot, cause) => {
        this.#tenants[slot]?.jobKilled(cause);
        this.#letIn();
      },
      ready: () => this.#letIn(),
      lost: onLost,
    });
  }

  get pools(): ReadonlyMap<string, SlotPool> {
    return this.#slots.pools;
  }

  /** The largest arena that an image can be made in. */
  get scratchBytes(): number {
    return this.#slots.scratch.layout.arenaBytes;
  }

  ready(): Promise<void> {
    return this.threads.ready();
  }

  /**
   * Leases a slot of a pool to `tenant`, which hears of it when a thread has time for it, now or later. Admission has made
   * sure that there is a slot.
   */
  enter(pool: SlotPool, image: Image, tenant: SlotTenant): void {
    this.#entrances.add({ pool, image, tenant });
    this.#letIn();
  }

  /** Whoever has not been let in yet does not want to any more. */
  leave(tenant: SlotTenant, image: Image): void {
    this.#entrances.remove(tenant, image);
  }

  give(pool: SlotPool, slot: Slot): void {
    this.#tenants[slot.index] = undefined;
    pool.give(slot);
  }

  /** `expectedUs`: CPU time that the job is going to take, as far as one can tell. */
  submit(slot: Slot, expectedUs = 0): void {
    this.threads.submit(slot.index, expectedUs);
  }

  /** Undefined: the slot is free. */
  tenantOf({ index }: Slot): SlotTenant | undefined {
    return this.#tenants[index];
  }

  /** Makes an image and stores it. Throws ImagesFullError when the images memory has no room for it. */
  async build(recipe: ImageRecipe): Promise<MadeImage | BuildFailure | KillCause> {
    const result = await this.threads.build(recipe);
    if (typeof result === "string") return result;
    return result.ok ? { image: this.#store(result.image), built: result.image } : result.failure;
  }

  /** Frees an image's room. No run may use it any more; free slots that still hold it forget what they hold. */
  release(image: Image): void {
    this.images.release(image.span);
    for (const { control } of this.#slots.byIndex) {
      if (control[SLOT.cleanImage] === image.span.offset) control[SLOT.cleanImage] = 0;
      if (control[SLOT.loadedImage] === image.span.offset) control[SLOT.loadedImage] = 0;
    }
  }

  close(): Promise<void> {
    return this.threads.close();
  }

  #letIn(): void {
    while (this.threads.haveTime) {
      const entrance = this.#entrances.next(this.#mostUs());
      if (!entrance) return;
      this.#lease(entrance);
    }
  }

  /** While short turns are about, one of several threads is kept free of long ones. */
  #mostUs(): number {
    const { threads, busyForLong } = this.threads;
    const isLast = threads > 1 && busyForLong >= threads - 1;
    return isLast && this.#entrances.hasShort ? LONG_US : Infinity;
  }

  #lease({ pool, image, tenant }: Entrance): void {
    const slot = pool.take(image.span.offset, this.threads);
    this.#tenants[slot.index] = tenant;
    tenant.leased(slot);
  }

  #store(built: BuiltImage): Image {
    const bytes = built.dataBytes + built.extensionBytes;
    const span = this.images.reserve(IMAGE_HEADER_BYTES + bytes);
    if (!span) {
      const { usedBytes, capacityBytes } = this.images;
      throw new ImagesFullError(
        `an image of ${bytes} bytes does not fit: ${usedBytes} of ${capacityBytes} are in use`,
      );
    }
    this.#writeHeader(span, built);
    const images = new Uint8Array(this.images.memory.buffer);
    const scratch = this.#slots.scratch.bytes;
    const start = span.offset + IMAGE_HEADER_BYTES;
    images.set(scratch.subarray(EXTENSION_START, EXTENSION_START + built.extensionBytes), start);
    images.set(scratch.subarray(DATA_START, DATA_START + built.dataBytes), start + built.extensionBytes);
    return {
      span,
      bytes,
      runtime: built.runtime,
      context: built.context,
      topPages: built.topPages,
      share: new Share(),
    };
  }

  #writeHeader(span: ImageSpan, built: BuiltImage): void {
    const header = new Int32Array(this.images.memory.buffer, span.offset, IMAGE_HEADER_BYTES / 4);
    header[IMAGE.dataBytes] = built.dataBytes;
    header[IMAGE.extensionBytes] = built.extensionBytes;
    header[IMAGE.stackPointer] = built.stackPointer;
    header[IMAGE.topPages] = built.topPages;
    header[IMAGE.runtime] = built.runtime;
    header[IMAGE.context] = built.context;
    header[IMAGE.turn] = built.turn;
  }
}
