// Which target gets a request: pure functions over what is known of the candidates.
import { createHash } from "node:crypto";

export interface Candidate {
  readonly label: string;
  readonly weight: number;
  /** Requests running or waiting there. */
  readonly pending: number;
}

/** Fewest pending in proportion to weight; `turn` breaks ties so that idle targets share. */
export function leastPending<T extends Candidate>(candidates: readonly T[], turn: number): T | null {
  let best: T | null = null;
  for (let i = 0; i < candidates.length; i++) {
    const one = candidates[(turn + i) % candidates.length] as T;
    if (best === null || (one.pending + 1) / one.weight < (best.pending + 1) / best.weight) best = one;
  }
  return best;
}

export function roundRobin<T extends Candidate>(candidates: readonly T[], turn: number): T | null {
  return weighted(candidates, turn % Math.max(1, totalWeight(candidates)));
}

/**
 * The candidate into whose share `point` falls; shares lie side by side in the order listed. With `point` drawn at
 * random below the total weight this is a weighted split (a canary); with a counter it is round-robin.
 */
export function weighted<T extends { readonly weight: number }>(
  choices: readonly T[],
  point: number,
): T | null {
  let left = point;
  for (const choice of choices) {
    left -= choice.weight;
    if (left < 0) return choice;
  }
  return choices.at(-1) ?? null;
}

export function totalWeight(choices: readonly { readonly weight: number }[]): number {
  let total = 0;
  for (const choice of choices) total += choice.weight;
  return total;
}

/**
 * Rendezvous hashing (Thaler and Ravishankar, 1996): every key ranks all targets by itself, so a target that goes
 * away moves only its own keys and no table has to be kept.
 */
export function sticky<T extends Candidate>(candidates: readonly T[], key: string): T | null {
  let best: T | null = null;
  let bestScore = -1;
  for (const candidate of candidates) {
    const digest = createHash("sha1").update(candidate.label).update("\0").update(key).digest();
    const score = scoreOf(digest.readUInt32BE(0), candidate.weight);
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}

// Weighted rendezvous: -weight / ln(uniform), larger wins in proportion to weight.
function scoreOf(hash: number, weight: number): number {
  return -weight / Math.log((hash + 0.5) / 2 ** 32);
}
