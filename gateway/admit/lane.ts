/**
 * A gate's slots are shared out in lanes: one per key with a reserve or a cap (a route's `slots`), and one for
 * everybody else. A reserve is always there for its lane; beyond it, a lane takes from what no lane has claimed.
 *
 *   slots = 6, lane A reserves 2:   [A A | . . . .]    A may take 6, everybody else 4
 *
 * A capped lane may fill no more of the queue than its cap is of the slots, or its crowd would wait in everyone's place.
 */
import { assert } from "../shared/assert.ts";
import { Waiters } from "./waiters.ts";

export interface Share {
  /** Slots kept for this key even while it uses none of them. */
  readonly reserve: number;
  /** The most slots this key may hold at once. */
  readonly cap: number;
}

const NO_SHARE: Share = { reserve: 0, cap: Number.POSITIVE_INFINITY };

export class Lane {
  readonly waiters = new Waiters();
  share: Share;
  active = 0;

  constructor(share: Share) {
    this.share = share;
  }

  /** Slots that nobody outside this lane can have right now: held by it, or reserved for it. */
  get claimed(): number {
    return Math.max(this.active, this.share.reserve);
  }

  mayWait(slots: number, queueLength: number): boolean {
    const part = Math.min(1, this.share.cap / slots);
    return this.waiters.length < Math.ceil(queueLength * part);
  }
}

/** All lanes of one gate, and who may take a slot next. */
export class Lanes {
  readonly #common = new Lane(NO_SHARE);
  readonly #keyed = new Map<string, Lane>();
  /** Both of the above, in one list for the loops. */
  #all: readonly Lane[] = [this.#common];
  /** What all lanes' claims leave of the slots; kept up to date instead of summed, since each admission asks. */
  #unclaimed = 0;

  get all(): readonly Lane[] {
    return this.#all;
  }

  of(key: string | undefined): Lane {
    return (key === undefined ? undefined : this.#keyed.get(key)) ?? this.#common;
  }

  canTake(lane: Lane): boolean {
    if (lane.active >= lane.share.cap) return false;
    return lane.active < lane.share.reserve || this.#unclaimed > 0;
  }

  take(lane: Lane): void {
    this.#unclaimed += lane.claimed;
    lane.active++;
    this.#unclaimed -= lane.claimed;
  }

  giveBack(lane: Lane): void {
    assert(lane.active > 0, "no more permits come back than went out");
    this.#unclaimed += lane.claimed;
    lane.active--;
    this.#unclaimed -= lane.claimed;
  }

  /** Of the lanes that may take a slot now, the one whose first waiter came first. */
  next(): Lane | null {
    let next: Lane | null = null;
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.#all) {
      const arrival = lane.waiters.first?.arrival ?? Number.POSITIVE_INFINITY;
      if (arrival >= earliest || !this.canTake(lane)) continue;
      next = lane;
      earliest = arrival;
    }
    return next;
  }

  /** The reserves together must fit into `slots`; the config is checked for it. */
  shareOut(slots: number, shares: Readonly<Record<string, Share>>): void {
    for (const lane of this.#keyed.values()) lane.share = NO_SHARE;
    for (const [key, share] of Object.entries(shares)) {
      const lane = this.#keyed.get(key) ?? new Lane(share);
      lane.share = share;
      this.#keyed.set(key, lane);
    }
    this.#forgetUnused();
    this.#all = [this.#common, ...this.#keyed.values()];
    this.#unclaimed = this.#all.reduce((left, lane) => left - lane.claimed, slots);
    const reserved = this.#all.reduce((sum, lane) => sum + lane.share.reserve, 0);
    assert(reserved <= slots, "the reserves fit into the gate's slots");
  }

  /** A lane whose key is gone stays until its last permit and waiter have left it, or the next change after that. */
  #forgetUnused(): void {
    for (const [key, lane] of this.#keyed) {
      if (lane.share === NO_SHARE && lane.active === 0 && lane.waiters.length === 0) this.#keyed.delete(key);
    }
  }
}
