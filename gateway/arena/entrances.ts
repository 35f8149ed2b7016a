/**
 * Who waits for an arena, and who is next: of all handlers that somebody waits for, the one that has used the least
 * computing time; its requests in order of arrival. A handler that keeps the threads busy waits for itself, and the others'
 * short turns go in between.
 *
 * Every handler has a virtual time, which is the CPU time that its turns have taken. One that comes back after a pause
 * starts at the time of whoever was let in last: what it did not use is not saved up. Source: P. Goyal, H. Vin, H. Cheng,
 * "Start-time Fair Queueing" (SIGCOMM 1996), with equal weights.
 *
 * A turn cannot be interrupted for another one, so whether a thread is kept free of long turns is for the caller to say.
 *
 * Bound: who waits here holds a permit of its pool (admit/gate.ts).
 */
import type { Image, SlotTenant } from "./arenas.ts";
import type { SlotPool } from "./slots.ts";

export interface Entrance {
  readonly pool: SlotPool;
  readonly image: Image;
  readonly tenant: SlotTenant;
}

/** How much of a turn's time goes into what the next one is expected to take. */
const LEARNING = 0.25;

/** A turn that is expected to take longer is long, and so are several that wait for one thread together. */
export const LONG_US = 5000;
/** Handlers with short turns that have not been asked for this long need no thread kept free. */
const REMEMBERED_MS = 1000;

/** What a handler has had so far, and who waits for it. */
export class Share {
  virtualUs = 0;
  /** What a turn has taken lately; 0 before the first. */
  expectedUs = 0;
  readonly waiting: Entrance[] = [];

  /** A turn is over. */
  charge(cpuUs: number): void {
    this.virtualUs += cpuUs;
    this.expectedUs += (cpuUs - this.expectedUs) * LEARNING;
  }
}

export class Entrances {
  /** Shares that somebody waits for. */
  readonly #shares: Share[] = [];
  #clockUs = 0;
  #shortAtMs = -Infinity;

  /** Whether short turns are about, for which a thread is worth keeping free. */
  get hasShort(): boolean {
    return performance.now() - this.#shortAtMs < REMEMBERED_MS;
  }

  add(entrance: Entrance): void {
    const { share } = entrance.image;
    if (share.waiting.push(entrance) > 1) return;
    share.virtualUs = Math.max(share.virtualUs, this.#clockUs);
    this.#shares.push(share);
  }

  /** Of those whose turns are expected to take at most `mostUs`. Undefined: none of them waits. */
  next(mostUs: number): Entrance | undefined {
    let least: Share | undefined;
    for (const share of this.#shares) {
      if (share.expectedUs <= mostUs && share.virtualUs < (least?.virtualUs ?? Infinity)) least = share;
    }
    const entrance = least?.waiting.shift();
    if (!least || !entrance) return undefined;
    this.#clockUs = Math.max(this.#clockUs, least.virtualUs);
    if (least.expectedUs > 0 && least.expectedUs <= LONG_US) this.#shortAtMs = performance.now();
    this.#forgetIfEmpty(least);
    return entrance;
  }

  /** For one that no longer wants to; does nothing if it is not here. */
  remove(tenant: SlotTenant, { share }: Image): void {
    const place = share.waiting.findIndex((entrance) => entrance.tenant === tenant);
    if (place === -1) return;
    share.waiting.splice(place, 1);
    this.#forgetIfEmpty(share);
  }

  #forgetIfEmpty(share: Share): void {
    if (share.waiting.length === 0) this.#shares.splice(this.#shares.indexOf(share), 1);
  }
}
