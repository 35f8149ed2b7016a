/**
 * The arenas of a gateway as one thing: slots, letters, threads and images, and what runs in which slot.
 *
 * Bound: the slots' memories, the letters, the images memory, threads + 2 workers; all made at once and none later (but for
 * the worker that replaces a killed one).
 */
import { JOB, LETTER, OUTCOME, SLOT } from "./control.ts";
import { ArenaThreads } from "./arena-threads.ts";
import type { BuildFailure, BuiltImage, ImageRecipe } from "./image-builder.ts";
import type { Engine } from "./engine.ts";
import type { GrowthLog } from "./growth-log.ts";
import { ImageStore, scratchBytes } from "./image.ts";
import { type Image, Images } from "./images.ts";
import { MAILBOX_BYTES, PAGE_BYTES } from "./layout.ts";
import { LETTER_BYTES, type Letter, Letters, openLetters } from "./letters.ts";
import { Line } from "./line.ts";
import { lettersOf } from "./seat.ts";
import { type Pace, Share } from "./share.ts";
import { type PoolSize, type Slot, type SlotPool, type Slots, makeSlots } from "./slots.ts";
import type { KillCause } from "./watchdog.ts";
import { assert } from "../shared/assert.ts";

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

/** Who has jobs done in an arena. */
export interface SlotTenant {
  readonly holder: SlotHolder | undefined;
  /** A thread has time: what is to be done is to be written into the letter. May be asked again, if the job has not begun. */
  write(letter: Letter): void;
  /** The letter says how the job ended; it is somebody else's when this returns. The slot is the one that it was done in. */
  jobDone(letter: Letter, slot: Slot): void;
  /** The turn was ended by terminating its thread. */
  jobKilled(cause: KillCause, slot: Slot): void;
}

/** A turn or a reset: in the line, or in a letter on its way. */
export interface Job {
  readonly tenant: SlotTenant;
  readonly pool: SlotPool;
  readonly image: Image;
  /** Whose time it takes. */
  readonly share: Share;
  /** Null: a first turn, which gets one when a thread has time for it. */
  readonly slot: Slot | null;
  letter: Letter | null;
}

export interface MadeImage {
  image: Image;
  built: BuiltImage;
}

/** So much is zeroed in a few milliseconds (8 to 10 GB/s measured; a busy machine has less). */
const QUICKLY_WIPED_BYTES = 16 * 1024 * 1024;

export class Arenas {
  readonly images: Images;
  readonly threads: ArenaThreads;
  readonly #slots: Slots;
  readonly #letters: Letters;
  /** By letter. */
  readonly #jobs: (Job | undefined)[] = [];
  /** By slot: who has it between two jobs. */
  readonly #tenants: (SlotTenant | undefined)[];
  readonly #line = new Line();
  readonly #hasTime = (pace: Pace): boolean => this.threads.hasTime(pace);
  readonly #cleaning = Share.ofCleaning("short");
  readonly #wiping = Share.ofCleaning("long");

  constructor(options: ArenaOptions) {
    const { engine, workerCode, threads, imagesBytes, growth, onLost } = options;
    const letters = lettersOf(threads);
    const store = new ImageStore(imagesBytes, letters * LETTER_BYTES);
    this.#slots = options.slots ?? makeSlots(options.pools, scratchBytes(imagesBytes), options.prefault);
    this.images = new Images(store, this.#slots);
    this.#tenants = this.#slots.byIndex.map(() => undefined);
    const letterPlace = { start: store.capacityBytes, count: letters };
    this.#letters = new Letters(openLetters(store.memory.buffer, letterPlace));
    const shared = {
      code: workerCode,
      engine,
      images: store.memory,
      memories: this.#slots.byIndex.map(({ memory }) => memory),
      layouts: this.#slots.byIndex.map(({ layout }) => layout),
      poolOf: this.#slots.poolOf,
      letterPlace,
      control: this.#slots.control,
      growth: growth?.memory,
    };
    this.threads = new ArenaThreads(shared, this.#letters, threads, {
      done: (letter) => this.#done(letter),
      killed: (letter, cause) => this.#killed(letter, cause),
      returned: (letter) => this.#returned(letter),
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
   * The tenant's next turn: in the slot that it has, or, its first one, in one of the pool that it gets when a thread has time,
   * now or later. Admission has made sure that there is one.
   */
  turn(pool: SlotPool, image: Image, tenant: SlotTenant, slot: Slot | null): Job {
    return this.#add({ tenant, pool, image, share: image.share, slot, letter: null });
  }

  /** The tenant's slot is made new. */
  reset(pool: SlotPool, image: Image, tenant: SlotTenant, slot: Slot): Job {
    return this.#add({ tenant, pool, image, share: this.#cleaningOf(slot), slot, letter: null });
  }

  /** The slot is clean and nobody's. */
  give(pool: SlotPool, slot: Slot): void {
    this.#tenants[slot.index] = undefined;
    pool.give(slot);
  }

  /** Ends the job because its time is over: true if it only waited, and now does not take place. */
  expire(job: Job): boolean {
    if (this.#line.remove(job)) return true;
    if (job.letter) this.threads.expire(job.letter);
    return false;
  }

  #cleaningOf({ control, layout }: Slot): Share {
    const bytes = control[SLOT.condemned] ? layout.arenaBytes : control[SLOT.topPages]! * PAGE_BYTES;
    return bytes > QUICKLY_WIPED_BYTES ? this.#wiping : this.#cleaning;
  }

  /** Undefined: the slot is free. */
  tenantOf({ index }: Slot): SlotTenant | undefined {
    return this.#tenants[index] ?? this.#jobIn(index)?.tenant;
  }

  isResetting({ index }: Slot): boolean {
    return this.#jobIn(index)?.letter?.words[LETTER.job] === JOB.reset;
  }

  #jobIn(slot: number): Job | undefined {
    return this.#jobs.find((job) => job?.letter?.words[LETTER.slot] === slot);
  }

  /**
   * Makes an image and stores it; `share` is what its handler has had in an earlier image. Throws ImagesFullError when the images
   * memory has no room for it.
   */
  async build(recipe: ImageRecipe, share = new Share()): Promise<MadeImage | BuildFailure | KillCause> {
    await this.#slots.committed;
    const result = await this.threads.build(recipe);
    if (typeof result === "string") return result;
    return result.ok ? { image: this.images.add(result.image, share), built: result.image } : result.failure;
  }

  close(): Promise<void> {
    return this.threads.close();
  }

  #add(job: Job): Job {
    this.#line.add(job);
    this.#letIn();
    return job;
  }

  #letIn(): void {
    while (!this.#line.isEmpty) {
      const share = this.#line.next(this.#hasTime);
      if (!share) return;
      this.#send(this.#line.take(share));
    }
  }

  #send(job: Job): void {
    const { tenant, pool, image, share } = job;
    const slot = job.slot ?? pool.take(image.span.offset, this.threads.delays(share.pace));
    const letter = this.#letters.take();
    letter.words[LETTER.slot] = slot.index;
    letter.words[LETTER.image] = image.span.offset;
    tenant.write(letter);
    job.letter = letter;
    this.#jobs[letter.index] = job;
    const { expectedUs, pace, endsAtOnce } = share;
    this.threads.submit(letter, { expectedUs, pace, sharesArena: job.slot === null && endsAtOnce });
  }

  #done(letter: Letter): void {
    const job = this.#jobOf(letter);
    const { tenant } = job;
    const slot = this.#slotOf(letter);
    this.#tenants[slot.index] = tenant;
    if (letter.words[LETTER.job] === JOB.turn) this.#notePeak(letter);
    if (!job.slot) job.share.began(letter.words[LETTER.outcome] === OUTCOME.clean);
    tenant.jobDone(letter, slot);
    this.#letters.give(letter);
    this.#letIn();
  }

  #notePeak({ words }: Letter): void {
    const slot = this.#slots.byIndex[words[LETTER.ranIn]!]!;
    slot.peakBytes = Math.max(slot.peakBytes, words[LETTER.peakPages]! * PAGE_BYTES + MAILBOX_BYTES);
  }

  #killed(letter: Letter, cause: KillCause): void {
    const { tenant } = this.#jobOf(letter);
    const slot = this.#slotOf(letter);
    slot.control[SLOT.condemned] = 1;
    slot.control[SLOT.cleanImage] = 0;
    this.#tenants[slot.index] = tenant;
    this.#letters.give(letter);
    tenant.jobKilled(cause, slot);
    this.#letIn();
  }

  #returned(letter: Letter): void {
    const job = this.#jobOf(letter);
    if (!job.slot) job.pool.give(this.#slotOf(letter));
    this.#letters.give(letter);
    this.#line.putBack(job);
  }

  /** Whose letter has come back. */
  #jobOf(letter: Letter): Job {
    const job = this.#jobs[letter.index];
    assert(job, "a letter comes back once");
    this.#jobs[letter.index] = undefined;
    job.letter = null;
    return job;
  }

  #slotOf({ words }: Letter): Slot {
    return this.#slots.byIndex[words[LETTER.slot]!]!;
  }
}
