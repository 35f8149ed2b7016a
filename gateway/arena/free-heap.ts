/**
 * Zeroes what is free in a heap, before its image is taken: an image stores no zeroes (see image.ts). Nothing is assumed
 * about how the engine's allocator keeps its books: it is asked for all that it has, piece by piece, the largest first.
 */
import { PAGE_BYTES } from "./layout.ts";
import type { Vm } from "./vm.ts";

/** Smaller pieces are not worth a gap. */
const PIECE_BYTES = 4096;
/** A heap that is in more pieces than this keeps what is in the rest. */
const MAX_PIECES = 64;

/** The heap must not grow meanwhile: an allocation that does not fit has to fail, and not to be an abort. */
export function clearFreeHeap(vm: Vm): void {
  const { exports, wiper } = vm;
  const registers = vm.registers();
  vm.attach(registers, registers.topPages);
  const pieces: number[] = [];
  while (pieces.length < MAX_PIECES) {
    const bytes = largestPiece(vm, registers.topPages * PAGE_BYTES);
    if (bytes < PIECE_BYTES) break;
    const pointer = exports.malloc(bytes) >>> 0;
    wiper.wipe(pointer, bytes);
    pieces.push(pointer);
  }
  for (const pointer of pieces) exports.free(pointer);
  vm.attach(vm.registers());
}

/** The most bytes that can be allocated at a time; less than PIECE_BYTES means none that matter. */
function largestPiece({ exports }: Vm, heapBytes: number): number {
  let [fits, tooMuch] = [0, heapBytes];
  while (tooMuch - fits > 1) {
    const middle = (fits + tooMuch) >>> 1;
    const pointer = exports.malloc(middle);
    exports.free(pointer);
    if (pointer === 0) tooMuch = middle;
    else fits = middle;
  }
  return fits;
}
