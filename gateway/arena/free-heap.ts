/**
 * Zeroes what is free in a heap, before its image is taken: an image stores no zeroes (see image.ts). Nothing is assumed
 * about how the engine's allocator keeps its books: it is asked for all that it has, piece by piece, the largest first.
 *
 * A request for more than there is is stopped where it asks for pages, by the exception that stops a handler there: the
 * allocator has changed nothing by then. If it were refused instead, the allocator would remember, and from then on
 * take no more memory that adjoins what it has.
 */
import { ArenaAbort } from "./abort.ts";
import { PAGE_BYTES } from "./layout.ts";
import type { Vm, VmRegisters } from "./vm.ts";

/** Smaller pieces are not worth a gap. */
const PIECE_BYTES = 4096;
/** A heap that is in more pieces than this keeps what is in the rest. */
const MAX_PIECES = 64;

/** The VM's owner has to throw an ArenaAbort when the heap wants to grow. */
export function clearFreeHeap(vm: Vm): void {
  const { exports, wiper } = vm;
  const registers = vm.registers();
  const pieces: number[] = [];
  while (pieces.length < MAX_PIECES) {
    const bytes = largestPiece(vm, registers);
    if (bytes < PIECE_BYTES) break;
    const pointer = exports.malloc(bytes) >>> 0;
    wiper.wipe(pointer, bytes);
    pieces.push(pointer);
  }
  for (const pointer of pieces) exports.free(pointer);
  vm.attach(registers);
}

/** The most bytes that can be allocated at a time without growing. */
function largestPiece(vm: Vm, registers: VmRegisters): number {
  let [fits, tooMuch] = [0, registers.topPages * PAGE_BYTES];
  while (tooMuch - fits > 1) {
    const middle = (fits + tooMuch) >>> 1;
    if (isFree(vm, registers, middle)) fits = middle;
    else tooMuch = middle;
  }
  return fits;
}

function isFree(vm: Vm, registers: VmRegisters, bytes: number): boolean {
  vm.attach(registers, registers.topPages);
  try {
    vm.exports.free(vm.exports.malloc(bytes));
    return true;
  } catch (error) {
    if (error instanceof ArenaAbort) return false;
    throw error;
  }
}
