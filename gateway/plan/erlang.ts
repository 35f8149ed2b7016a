/**
 * How many slots a load needs. A pool is a queueing system: requests arrive at random (Poisson), `slots` of them are
 * served at once, for `serviceMs` on average. The offered load in erlangs is the number of slots that would be busy on
 * average if there were enough of them.
 *
 * Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
 * exchanges" (1917), formulas B and C; the recursion for B and the tail of the waiting time as in ITU-T E.501 and
 * L. Kleinrock, "Queueing Systems" volume 1 (1975), sections 3.4, 3.5 and 5.3.
 */

export function erlangs(requestsPerSecond: number, serviceMs: number): number {
  return (requestsPerSecond * serviceMs) / 1000;
}

/** Erlang B: the part of requests that find every slot taken, when nobody waits. Holds for any spread of service times. */
export function blocking(slots: number, load: number): number {
  let refused = 1;
  for (let n = 1; n <= slots; n++) refused = (load * refused) / (n + load * refused);
  return refused;
}

/** Erlang C: the part of requests that wait, when all of them do so for as long as it takes; 1 if the load is too much. */
export function waiting(slots: number, load: number): number {
  return load >= slots ? 1 : waitingOf(blocking(slots, load), slots, load);
}

/** Erlang C from Erlang B. */
function waitingOf(refused: number, slots: number, load: number): number {
  return refused / (1 - (load / slots) * (1 - refused));
}

/** The part that waits longer than `limitMs` (for exponential service times; for steadier ones it is less). */
export function waitingLonger(slots: number, load: number, serviceMs: number, limitMs: number): number {
  return load >= slots ? 1 : longerOf(blocking(slots, load), slots, load, serviceMs, limitMs);
}

function longerOf(refused: number, slots: number, load: number, serviceMs: number, limitMs: number): number {
  return waitingOf(refused, slots, load) * Math.exp((-(slots - load) * limitMs) / serviceMs);
}

/** The mean wait over all requests, those that do not wait included; Infinity if the load is too much. */
export function meanWaitMs(slots: number, load: number, serviceMs: number): number {
  if (load >= slots) return Number.POSITIVE_INFINITY;
  return (waiting(slots, load) * serviceMs) / (slots - load);
}

/** The part that finds the queue full as well: M/M/n with `queueLength` places to wait. */
export function refusedByFullQueue(slots: number, queueLength: number, load: number): number {
  const refused = blocking(slots, load);
  const ratio = load / slots;
  // State probabilities relative to that of "all slots taken, nobody waits", whose share without a queue is Erlang B.
  let [sum, last] = [1 / refused, 1];
  for (let place = 1; place <= queueLength; place++) {
    last *= ratio;
    sum += last;
  }
  return last / sum;
}

/** The fewest slots with which no more than `target` of the requests wait longer than `limitMs`. */
export function slotsFor(load: number, serviceMs: number, limitMs: number, target: number): number {
  let slots = Math.max(1, Math.floor(load) + 1);
  // Erlang B for one more slot follows from that for the slots so far; from the start each time it would take seconds.
  let refused = blocking(slots, load);
  while (longerOf(refused, slots, load, serviceMs, limitMs) > target) {
    slots++;
    refused = (load * refused) / (slots + load * refused);
  }
  return slots;
}
