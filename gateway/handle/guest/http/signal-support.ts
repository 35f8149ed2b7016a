/** What Request and fetch need of AbortSignal; filled in by the abort feature. */

export interface SignalSupport {
  /** A new signal that is aborted when one of `sources` is. */
  follow(sources: object[]): object;
  isSignal(value: unknown): value is object;
  /** undefined if not aborted, else the reason in a box, as a reason may be anything. */
  aborted(signal: object): { reason: unknown } | undefined;
  /** Returns a function that takes the callback away again. */
  onAbort(signal: object, callback: (reason: unknown) => void): () => void;
  /** The signal that is aborted when the client is gone. */
  clientSignal(): object;
}

export const signals: Partial<SignalSupport> = {};
