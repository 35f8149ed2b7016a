/**
 * Where a heap grows: `nea profile` gives the arena threads a log, and then every growth of a heap, 64 KiB at a time,
 * is noted with the frames of whoever asked for the memory. It works because a heap that grows past its limit calls the
 * host: under a growth log the limit is always where the heap ends.
 *
 * Shared by one writer (the thread of the slot that is profiled) and one reader (the I/O thread, between two turns).
 * Bound: the size of its memory; growths that do not fit are left out.
 */
import { type Frame, type VmPointers, readFrames } from "./frames.ts";
import type { Vm } from "./vm.ts";

export interface Growth {
  pages: number;
  frames: Frame[];
}

const LENGTH_BYTES = 4;

export class GrowthLog {
  readonly memory: SharedArrayBuffer;
  readonly #length: Int32Array;
  readonly #text: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#length = new Int32Array(memory, 0, 1);
    this.#text = Buffer.from(memory, LENGTH_BYTES);
  }

  static make(bytes: number): GrowthLog {
    return new GrowthLog(new SharedArrayBuffer(LENGTH_BYTES + bytes));
  }

  clear(): void {
    this.#length[0] = 0;
  }

  read(): Growth[] {
    const lines = this.#text.toString("utf8", 0, this.#length[0]).split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Growth);
  }

  /** From now on the heap of this VM cannot grow unseen. */
  watch(vm: Vm): void {
    vm.exports.nea_limit.value = vm.exports.nea_top.value;
  }

  /** The heap is about to grow. */
  note(vm: Vm, pages: number, pointers: VmPointers): void {
    this.#write({ pages, frames: readFrames(vm.words, vm.bytes, pointers) });
  }

  #write(growth: Growth): void {
    const start = this.#length[0]!;
    const line = Buffer.from(`${JSON.stringify(growth)}\n`);
    if (start + line.length > this.#text.length) return;
    line.copy(this.#text, start);
    this.#length[0] = start + line.length;
  }
}
