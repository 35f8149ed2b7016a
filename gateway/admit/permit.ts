/** The right to hold one slot of a gate (gate.ts), from admission until the slot is clean again. */
import { assert } from "../shared/assert.ts";
import type { Lane } from "./lane.ts";

export class Permit {
  /** How long the request waited for it. */
  readonly waitedMs: number;
  readonly #lane: Lane;
  #giveBack: ((lane: Lane) => void) | null;

  constructor(lane: Lane, waitedMs: number, giveBack: (lane: Lane) => void) {
    this.#lane = lane;
    this.waitedMs = waitedMs;
    this.#giveBack = giveBack;
  }

  /** Exactly once: a second release would admit one request more than there are slots. */
  release(): void {
    const giveBack = this.#giveBack;
    assert(giveBack !== null, "a permit is released exactly once");
    this.#giveBack = null;
    giveBack(this.#lane);
  }
}
