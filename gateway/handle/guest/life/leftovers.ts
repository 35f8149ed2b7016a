/**
 * What a request leaves behind when it ends: pulls, timers, subrequests whose answers will never come. Arenas are
 * restored between requests, so only warm requests leave anything, in the image; the next request forgets it. Most
 * leave nothing, and cost nothing.
 */

const forgetters: (() => void)[] = [];

export const leftovers = { any: false };

/** Has `forget` called at the beginning of a request if leftovers.any was set since. */
export function forgetWith(forget: () => void): void {
  forgetters.push(forget);
}

export function forgetLeftovers(): void {
  leftovers.any = false;
  for (const forget of forgetters) forget();
}
