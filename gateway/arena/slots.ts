/**
 * Slots: all arenas of a gateway, made and committed at start, and who holds them.
 *
 *   pool small   [ 0 ][ 1 ][ 2 ] ...          one arena each, all of a pool alike
 *   pool large   [16 ][17 ]
 *   scratch      [18 ]                        where images are made, see scratchBytes()
 *
 * A slot is free, or leased to one request. A lease ends when the arena is clean; a slot about which nothing is known
 * (its thread was killed, the engine trapped) is condemned in its block and wiped whole before the next lease runs.
 * Admission (admit/gate.ts) counts to the number of slots, so `take` always finds one.
 */
import { commit } from "./commit.ts";
import { SLOT, SLOT_WORDS } from "./control.ts";
import { type ArenaLayout, PAGE_BYTES, arenaLayout } from "./layout.ts";
import { assert } from "../shared/assert.ts";

export interface PoolSize {
  name: string;
  slots: number;
  arenaBytes: number;
}

export class Slot {
  readonly index: number;
  readonly layout: ArenaLayout;
  readonly memory: WebAssembly.Memory;
  readonly bytes: Buffer;
  readonly words: Int32Array;
  /** The slot's block, see control.ts. */
  readonly control: Int32Array;
  leased = false;
  /** Highest use by any request so far, bytes of the arena. */
  peakBytes = 0;
  /** How often nothing was known about it and it had to be wiped whole. */
  condemnedTimes = 0;

  constructor(index: number, arenaBytes: number, control: Int32Array) {
    this.index = index;
    this.layout = arenaLayout(arenaBytes);
    const pages = arenaBytes / PAGE_BYTES;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.bytes = Buffer.from(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
    this.control = control.subarray(index * SLOT_WORDS, (index + 1) * SLOT_WORDS);
  }
}

/** Copying another image into an arena: half a megabyte took 45 us under load, 17 us at rest (test/bench/README.md). */
const OTHER_IMAGE_US = 45;

/** What a turn would have to wait for, by the slot it is in, and in the best of all. */
export interface Delays {
  readonly leastUs: number;
  ofSlotUs(slot: number): number;
}

export class SlotPool {
  readonly name: string;
  readonly arenaBytes: number;
  readonly slots: readonly Slot[];
  /** Used like a stack: what was used last is warmest in the processor's caches. */
  readonly #free: Slot[];

  constructor({ name, arenaBytes }: PoolSize, slots: Slot[]) {
    this.name = name;
    this.arenaBytes = arenaBytes;
    this.slots = slots;
    this.#free = [...slots].reverse();
  }

  get free(): number {
    return this.#free.length;
  }

  /**
   * The free slot in which the image can run soonest: on the least busy thread, and rather where the arena holds it
   * already. Of those that hold another one, the slot unused for longest, which is the least likely to be missed.
   */
  take(image: number, { leastUs, ofSlotUs }: Delays): Slot {
    let best = 0;
    let bestUs = Infinity;
    for (let i = this.#free.length - 1; i >= 0 && bestUs > leastUs; i--) {
      const { control, index } = this.#free[i]!;
      const isClean = control[SLOT.cleanImage] === image;
      const delayUs = ofSlotUs(index) + (isClean ? 0 : OTHER_IMAGE_US);
      if (delayUs > bestUs || (isClean && delayUs === bestUs)) continue;
      best = i;
      bestUs = delayUs;
    }
    const [slot] = this.#free.splice(best, 1);
    assert(slot, `pool ${this.name} has a free slot for every permit`);
    slot.leased = true;
    return slot;
  }

  give(slot: Slot): void {
    assert(slot.leased, "a slot is given back once");
    slot.leased = false;
    this.#free.push(slot);
  }
}

export interface Slots {
  pools: Map<string, SlotPool>;
  byIndex: Slot[];
  /** By slot, the number of its pool; the scratch arena's is none of them. */
  poolOf: number[];
  scratch: Slot;
  /** All slots' blocks; the scratch arena's is the last. */
  control: Int32Array;
  /** None may be used before, nor the scratch arena. */
  committed: Promise<void>;
}

/** Makes all arenas. With `prefault` every page is written, so that the memory is committed now or the start fails. */
export function makeSlots(pools: readonly PoolSize[], scratchBytes: number, prefault: boolean): Slots {
  const count = pools.reduce((sum, { slots }) => sum + slots, 0) + 1;
  const control = new Int32Array(new SharedArrayBuffer(count * SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT));
  const byIndex: Slot[] = [];
  const add = (arenaBytes: number) => {
    const slot = new Slot(byIndex.length, arenaBytes, control);
    byIndex.push(slot);
    return slot;
  };
  const byName = new Map(
    pools.map((pool) => [
      pool.name,
      new SlotPool(
        pool,
        Array.from({ length: pool.slots }, () => add(pool.arenaBytes)),
      ),
    ]),
  );
  const poolOf = pools.flatMap(({ slots }, pool) => Array.from({ length: slots }, () => pool));
  const scratch = add(scratchBytes);
  const committed = prefault ? commit(byIndex.map(({ bytes }) => bytes)) : Promise.resolve();
  return { pools: byName, byIndex, poolOf: [...poolOf, -1], scratch, control, committed };
}
