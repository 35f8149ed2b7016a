/**
 * Looks over and over at the arena in which the handler runs and notes which line it is at. The handler runs on another
 * thread and its stack is in shared memory, so it is neither stopped nor slowed down, and native calls (sorting, JSON)
 * are seen like everything else. What is read from a running arena may be torn; such a sample finds no frame or, rarely,
 * a wrong one.
 */
import type { Image } from "../../arena/images.ts";
import { readFrames } from "../../arena/frames.ts";
import type { Slot } from "../../arena/slots.ts";
import type { Tally } from "./tally.ts";

export class FrameSampler {
  readonly #slot: Slot;
  readonly #image: Image;
  readonly #tally: Tally;
  #running = false;

  constructor(slot: Slot, image: Image, tally: Tally) {
    this.#slot = slot;
    this.#image = image;
    this.#tally = tally;
  }

  start(): void {
    this.#running = true;
    setImmediate(this.#look);
  }

  stop(): void {
    this.#running = false;
  }

  readonly #look = (): void => {
    if (!this.#running) return;
    const frames = readFrames(this.#slot.words, this.#slot.bytes, this.#image);
    if (frames.length > 0) this.#tally.add(frames, 1);
    setImmediate(this.#look);
  };
}
