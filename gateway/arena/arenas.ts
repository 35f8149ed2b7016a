/**
 * The arenas of a gateway as one thing: slots, threads and images, and what runs in which slot.
 *
 * Bound: the slots' memories, the images memory, threads + 2 workers; all made by `openArenas` and none later (but for
 * the worker that replaces a killed one).
 */
import { SLOT } from "./control.ts";
import { ArenaThreads } from "./arena-threads.ts";
import type { BuildFailure, BuiltImage, ImageRecipe } from "./image-builder.ts";
import type { Engine } from "./engine.ts";
import { type Entrance, Entrances, type Pace, Share } from "./entrances.ts";
import type { GrowthLog } from "./growth-log.ts";
import {
  IMAGE,
  IMAGE_HEADER_BYTES,
  type ImageSpan,
  ImageStore,
  gapBytes,
  partsBetween,
  scratchBytes,
} from "./image.ts";
import { DATA_START, EXTENSION_START, PAGE_BYTES } from "./layout.ts";
import { type PoolSize, Slot, type SlotPool, type Slots, makeSlots } from "./slots.ts";
import type { KillCause } from "./watchdog.ts";

export interface ArenaOptions {
  engine: Engine;
  workerCode: string;
  pools: readonly PoolSize[];
  threads: number;
  imagesBytes: number;
  prefault: boolean;
  /** If they have been made before. */
  slots?: Slots;
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
  /** How many generations have it. */
  users: number;
}

export interface MadeImage {
  image: Image;
  built: BuiltImage;
}

/** So much is zeroed in a few milliseconds (8 to 10 GB/s measured; a busy machine has less). */
const QUICKLY_WIPED_BYTES = 16 * 1024 * 1024;

export class ImagesFullError extends Error {
  override name = "ImagesFullError";
}

export class Arenas {
  readonly images: ImageStore;
  readonly threads: ArenaThreads;
  readonly #slots: Slots;
  readonly #tenants: (SlotTenant | undefined)[];
  readonly #entrances = new Entrances();
  /** By slot: whom its job is for. */
  readonly #shares: Share[] = [];
  readonly #hasTime = (pace: Pace): boolean => this.threads.hasTime(pace);
  readonly #cleaning = Share.ofCleaning("short");
  readonly #wiping = Share.ofCleaning("long");

  constructor(options: ArenaOptions) {
    const { engine, workerCode, threads, imagesBytes, growth, onLost } = options;
    this.images = new ImageStore(imagesBytes);
    this.#slots = options.slots ?? makeSlots(options.pools, scratchBytes(imagesBytes), options.prefault);
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
      returned: (slot) => this.#entrances.putBack(this.#slots.byIndex[slot]!, this.#shares[slot]!),
      free: () => this.#letIn(),
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

  async ready(): Promise<void> {
    await Promise.all([this.threads.ready(), this.#slots.committed]);
  }

  /**
   * Leases a slot of a pool to `tenant`, which hears of it when a thread has time for it, now or later. Admission has made
   * sure that there is a slot.
   */
  enter(pool: SlotPool, image: Image, tenant: SlotTenant): void {
    this.#entrances.enter({ pool, image, tenant });
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

  /** The job that stands in the slot's block: a turn of this share, or a reset. A thread does it when it has time. */
  submit(slot: Slot, share: Share = this.#cleaningOf(slot)): void {
    this.#shares[slot.index] = share;
    this.#entrances.addTurn(slot, share);
    this.#letIn();
  }

  /** Ends the slot's turn because its time is over: true if it only waited, and now does not take place. */
  expire(slot: Slot): boolean {
    if (this.#entrances.removeTurn(slot, this.#shares[slot.index]!)) return true;
    this.threads.expire(slot.index);
    return false;
  }

  #cleaningOf({ control, layout }: Slot): Share {
    const bytes = control[SLOT.condemned] ? layout.arenaBytes : control[SLOT.topPages]! * PAGE_BYTES;
    return bytes > QUICKLY_WIPED_BYTES ? this.#wiping : this.#cleaning;
  }

  /** Undefined: the slot is free. */
  tenantOf({ index }: Slot): SlotTenant | undefined {
    return this.#tenants[index];
  }

  /**
   * Makes an image and stores it; `share` is what its handler has had in an earlier image. Throws ImagesFullError when the images
   * memory has no room for it.
   */
  async build(recipe: ImageRecipe, share = new Share()): Promise<MadeImage | BuildFailure | KillCause> {
    await this.#slots.committed;
    const result = await this.threads.build(recipe);
    if (typeof result === "string") return result;
    return result.ok ? { image: this.#store(result.image, share), built: result.image } : result.failure;
  }

  /** One more generation has this image. */
  keep(image: Image): Image {
    image.users++;
    return image;
  }

  /**
   * One generation fewer has it; with the last its room is free. None of that generation's runs may use it any more; free slots that
   * still hold an image that is gone forget what they hold.
   */
  release(image: Image): void {
    if (--image.users > 0) return;
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
    while (!this.#entrances.isEmpty) {
      const share = this.#entrances.next(this.#hasTime);
      if (!share) return;
      const first = this.#entrances.take(share);
      if (first instanceof Slot) this.threads.submit(first.index, share.expectedUs, share.pace);
      else this.#lease(first);
    }
  }

  /** The tenant submits its first turn, which is next in line. */
  #lease({ pool, image, tenant }: Entrance): void {
    const slot = pool.take(image.span.offset, this.threads.delays(image.share.pace));
    this.#tenants[slot.index] = tenant;
    tenant.leased(slot);
  }

  #store(built: BuiltImage, share: Share): Image {
    const bytes = built.dataBytes - gapBytes(built.gaps) + built.extensionBytes;
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
    let to = span.offset + IMAGE_HEADER_BYTES;
    images.set(scratch.subarray(EXTENSION_START, EXTENSION_START + built.extensionBytes), to);
    to += built.extensionBytes;
    for (const part of partsBetween(built.gaps, DATA_START, built.dataBytes)) {
      images.set(scratch.subarray(part.address, part.address + part.bytes), to);
      to += part.bytes;
    }
    return {
      span,
      bytes,
      runtime: built.runtime,
      context: built.context,
      topPages: built.topPages,
      share,
      users: 1,
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
    header[IMAGE.gaps] = built.gaps.length;
    built.gaps.forEach(({ address, bytes }, index) => {
      header.set([address, bytes], IMAGE.firstGap + 2 * index);
    });
  }
}
