/**
 * An image: an arena as its handler's module left it, kept in the images memory. Running a request starts from it
 * and a reset returns to it.
 *
 * Images stand one after another in one shared memory of fixed size (config `images`), each with a header of words;
 * threads read them in place. Owner: ImageStore, on the I/O thread. When it is full, loading handlers fails with the
 * figures; nothing that runs is affected.
 */
import { PAGE_BYTES } from "./layout.ts";

/** Words of an image's header. */
export const IMAGE = {
  /** Bytes that it covers from DATA_START on, gaps included. */
  dataBytes: 0,
  /** Bytes of extensions' static data from EXTENSION_START on; 0 if the handler uses none. */
  extensionBytes: 1,
  stackPointer: 2,
  topPages: 3,
  runtime: 4,
  context: 5,
  /** The platform's turn function: a pointer to its value. */
  turn: 6,
  /** How many gaps there are; two words of each follow: its address and its bytes. */
  gaps: 7,
  firstGap: 8,
} as const;

export const IMAGE_HEADER_BYTES = 128;

/** As many as the header has room for. */
export const MAX_GAPS = (IMAGE_HEADER_BYTES / 4 - IMAGE.firstGap) / 2;

/** A part of what an image covers that is all zero: free room in its heap. It is not stored, and wiped instead of copied. */
export interface Gap {
  address: number;
  bytes: number;
}

/** Below this a gap costs a reset more calls than it spares bytes. */
const GAP_BYTES = 4096;
/** Parts begin and end at cache lines: block moves are fastest from one to another. */
const LINE_BYTES = 64;

/** The largest gaps between two addresses, in the order in which they stand; at most MAX_GAPS. */
export function gapsBetween(words: Int32Array, start: number, end: number): Gap[] {
  const gaps: Gap[] = [];
  for (let word = start >>> 2; word < end >>> 2; word++) {
    if (words[word] !== 0) continue;
    const address = alignUp(word * 4);
    while (word < end >>> 2 && words[word] === 0) word++;
    const bytes = alignDown(word * 4) - address;
    if (bytes >= GAP_BYTES) gaps.push({ address, bytes });
  }
  const largest = gaps.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_GAPS);
  return largest.sort((a, b) => a.address - b.address);
}

/** Where what is stored next may begin. */
export function alignUp(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}

function alignDown(bytes: number): number {
  return bytes - (bytes % LINE_BYTES);
}

export function gapBytes(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What is stored of a span of `bytes` from `address` on: the parts between its gaps. */
export function* partsBetween(gaps: readonly Gap[], address: number, bytes: number): Generator<Gap> {
  const end = address + bytes;
  let at = address;
  for (const gap of gaps) {
    yield { address: at, bytes: gap.address - at };
    at = gap.address + gap.bytes;
  }
  yield { address: at, bytes: end - at };
}

/** The arena in which images are made: none can be larger than the memory they are kept in. */
export function scratchBytes(imagesBytes: number): number {
  return Math.ceil(imagesBytes / PAGE_BYTES) * PAGE_BYTES + SCRATCH_BESIDES_BYTES;
}

/** The parts of an arena that are no part of an image: stack and mailbox. */
const SCRATCH_BESIDES_BYTES = 2 * 1024 * 1024;

export interface ImageSpan {
  /** Byte offset in the images memory; never 0, which means "no image". */
  offset: number;
  bytes: number;
}

/**
 * Hands out spans of the images memory, first fit; two generations are in it while a reload is under way. Behind them there is
 * room for what else is copied to and from arenas.
 */
export class ImageStore {
  /** The images, from 0 to `capacityBytes`, and what stands behind them. */
  readonly memory: WebAssembly.Memory;
  readonly capacityBytes: number;
  readonly #taken: ImageSpan[] = [];

  constructor(capacityBytes: number, besidesBytes = 0) {
    this.capacityBytes = Math.ceil(capacityBytes / PAGE_BYTES) * PAGE_BYTES;
    const pages = Math.ceil((this.capacityBytes + besidesBytes) / PAGE_BYTES);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  }

  get usedBytes(): number {
    return this.#taken.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Undefined when no gap is large enough. */
  reserve(bytes: number): ImageSpan | undefined {
    let offset = IMAGE_HEADER_BYTES;
    let index = 0;
    for (const taken of this.#taken) {
      if (offset + bytes <= taken.offset) break;
      offset = taken.offset + taken.bytes;
      index++;
    }
    if (offset + bytes > this.capacityBytes) return undefined;
    const span = { offset, bytes };
    this.#taken.splice(index, 0, span);
    return span;
  }

  release(span: ImageSpan): void {
    const index = this.#taken.indexOf(span);
    if (index >= 0) this.#taken.splice(index, 1);
  }
}
