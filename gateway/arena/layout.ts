/**
 * The map of an arena. One WebAssembly memory holds one handler's whole world:
 *
 *   0            STACK_TOP        DATA_START                       limit           arena end
 *   |  stack  <--|  extensions'   |  engine data, heap  -->  top   |    mailbox     |
 *   |            |  static data   |                                |                |
 *   +-- 752 KiB -+--- 272 KiB ----+--- arena - 1 MiB - 64 KiB -----+---- 64 KiB ----+
 *
 * The linker gave the engine a stack of 1 MiB; three quarters of it are plenty (see STACK_LIMIT_BYTES) and the rest
 * holds what extensions bring along, which would otherwise come out of the heap.
 * The heap ends at the limit: past it the engine's allocator meets the host (see module/arena-module.ts).
 * The last word before the engine's data is the bell, by which the I/O thread makes a turn look at its clock.
 * The mailbox is out of the allocator's sight: events stand there, and what the host and the engine hand each other.
 */
import { BELL_ADDRESS, ENGINE } from "./module/arena-module.ts";

export const PAGE_BYTES = 65_536;

/** Where the shadow stack starts; it grows down to 0, and a store below 0 is a trap. */
export const STACK_TOP = 752 * 1024;

/**
 * Past this many bytes of stack the engine throws RangeError, which a handler may catch. The rest of the stack is
 * for the frames of native code that does not check, and for building the error.
 */
export const STACK_LIMIT_BYTES = 624 * 1024;

export const EXTENSION_START = STACK_TOP;
export const DATA_START = ENGINE.dataStart;

/** Index among the arena's words of the one that the engine looks at, see module/bell-sites.ts. */
export const BELL = BELL_ADDRESS / 4;

export const MAILBOX_BYTES = PAGE_BYTES;

export interface ArenaLayout {
  arenaBytes: number;
  /** First page the heap may not use. */
  limitPages: number;
  mailboxStart: number;
}

export function arenaLayout(arenaBytes: number): ArenaLayout {
  const mailboxStart = arenaBytes - MAILBOX_BYTES;
  return { arenaBytes, limitPages: mailboxStart / PAGE_BYTES, mailboxStart };
}
