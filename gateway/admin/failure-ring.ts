/**
 * The latest aborts and throws of handlers, grouped by where they happened, so that a flood of one kind hides no other.
 *
 * Owner: the figures. Bound: GROUPS groups and LATEST single records, each of at most RECORD_BYTES, and CAPTURES requests
 * of CAPTURE_BYTES. Full: the group that has been quiet for longest is forgotten, and counted in `groupsForgotten`.
 */
import type { Failure } from "../observer.ts";

export const GROUPS = 96;
export const LATEST = 32;
/** The latest failing requests that are kept, if they are captured at all. */
export const CAPTURES = 4;
/** The sum of all texts below at two bytes a character, and the object around them. */
export const RECORD_BYTES = 20 * 1024;

const PATH_CHARACTERS = 512;
const REASON_CHARACTERS = 1024;
const FRAME_CHARACTERS = 2048;
const STACK_LINES = 16;
const STACK_LINE_CHARACTERS = 300;

export interface FailureRecord extends Failure {
  /** Counts up from 1 since the start; what `/api/overflows` calls it. */
  readonly id: number;
  readonly time: string;
  /** `/api/overflows/ID` had the request then; it is kept until CAPTURES others have failed. */
  readonly captured: boolean;
}

/** All failures of one cause at one source line of one route. */
export interface FailureGroup {
  readonly route: string | null;
  readonly handler: string | null;
  readonly pool: string | null;
  readonly cause: Failure["cause"];
  readonly code: Failure["code"];
  readonly at: string | null;
  readonly function: string | null;
  readonly firstSeen: string;
  lastSeen: string;
  count: number;
  /** The most that any of them asked for, and the most that any of them used. */
  askedBytes: number;
  arenaPeakBytes: number;
  last: FailureRecord;
}

export class FailureRing {
  /** In order of their last failure, as a Map keeps the order in which keys were set. */
  readonly #groups = new Map<string, FailureGroup>();
  readonly #latest: FailureRecord[] = [];
  readonly #captures = new Map<number, Buffer>();
  #count = 0;
  groupsForgotten = 0;

  /** How many there were since the start. */
  get count(): number {
    return this.#count;
  }

  /** Most recent first. */
  get groups(): FailureGroup[] {
    return [...this.#groups.values()].reverse();
  }

  /** Most recent first. */
  get latest(): FailureRecord[] {
    return [...this.#latest].reverse();
  }

  /** The request of a failure as JSON, by the failure's id. */
  captureOf(id: number): Buffer | undefined {
    return this.#captures.get(id);
  }

  add(failure: Failure, capture: Buffer | null = null): void {
    const record = bounded(failure, ++this.#count, capture !== null);
    if (capture !== null) this.#keep(record.id, capture);
    this.#latest.push(record);
    if (this.#latest.length > LATEST) this.#latest.shift();
    this.#group(record);
  }

  #keep(id: number, capture: Buffer): void {
    this.#captures.set(id, capture);
    if (this.#captures.size <= CAPTURES) return;
    const [oldest] = this.#captures.keys();
    this.#captures.delete(oldest!);
  }

  #group(record: FailureRecord): void {
    const key = `${record.route}\n${record.cause}\n${record.at}`;
    const known = this.#groups.get(key);
    this.#groups.delete(key);
    this.#groups.set(key, known ? extended(known, record) : newGroup(record));
    if (this.#groups.size <= GROUPS) return;
    const [oldest] = this.#groups.keys();
    this.#groups.delete(oldest!);
    this.groupsForgotten++;
  }
}

function newGroup(record: FailureRecord): FailureGroup {
  const { route, handler, pool, cause, code, at, askedBytes, arenaPeakBytes, time } = record;
  const place = { route, handler, pool, cause, code, at, function: record.function };
  return { ...place, firstSeen: time, lastSeen: time, count: 1, askedBytes, arenaPeakBytes, last: record };
}

function extended(group: FailureGroup, record: FailureRecord): FailureGroup {
  group.count++;
  group.lastSeen = record.time;
  group.askedBytes = Math.max(group.askedBytes, record.askedBytes);
  group.arenaPeakBytes = Math.max(group.arenaPeakBytes, record.arenaPeakBytes);
  group.last = record;
  return group;
}

function bounded(failure: Failure, id: number, captured: boolean): FailureRecord {
  return {
    ...failure,
    id,
    captured,
    time: new Date().toISOString(),
    path: own(failure.path, PATH_CHARACTERS),
    reason: failure.reason === null ? null : own(failure.reason, REASON_CHARACTERS),
    function: failure.function === null ? null : own(failure.function, STACK_LINE_CHARACTERS),
    stack: failure.stack.slice(0, STACK_LINES).map((line) => own(line, STACK_LINE_CHARACTERS)),
    codeFrame: own(failure.codeFrame, FRAME_CHARACTERS),
  };
}

/** A part of a string keeps the whole of it in memory (V8's sliced strings); a copy does not. */
function own(text: string, characters: number): string {
  return Buffer.from(text.slice(0, characters)).toString();
}
