/**
 * The abort: what the host throws inside a call from the engine. A JavaScript exception thrown by an import unwinds
 * every WebAssembly frame, and code inside the arena can neither catch nor delay it. Our longjmp.
 */
import { ExpectedError } from "../shared/expected-error.ts";
import { PAGE_BYTES } from "./layout.ts";

export type AbortReason = "memory" | "cpu" | "wall" | "effects";

export class ArenaAbort extends ExpectedError {
  override name = "ArenaAbort";
  readonly reason: AbortReason;
  /** For "memory": what was asked for at the call that did not fit, in bytes, by whole pages of 64 KiB. */
  readonly askedBytes: number;

  constructor(reason: AbortReason, askedBytes = 0) {
    super(`arena aborted: ${reason}`);
    this.reason = reason;
    this.askedBytes = askedBytes;
  }
}

/** The arena is full: `pages` more of 64 KiB were asked for. */
export function outOfMemory(pages: number): never {
  throw new ArenaAbort("memory", (pages >>> 0) * PAGE_BYTES);
}
