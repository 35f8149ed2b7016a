/**
 * What the I/O thread and the arena threads share besides the arenas: a letter for each job on its way (what to do, what came of
 * it; letters.ts), a block for each slot (what its arena holds between turns), and one for each thread (which jobs wait, which
 * turn runs). All are Int32 in SharedArrayBuffers.
 *
 * Who writes what: a letter, and the block of the slot that it names, belong to the I/O thread until the letter stands in a
 * ring of jobs, and to the thread from then until it stands in the ring of those that are done. The rings have one writer and one
 * reader each; but what stands in a place of the job ring is taken by exchange, so that a job which has not begun can be taken
 * back, and exactly one side has it.
 */

/** Words of a letter. */
export const LETTER = {
  /** In: JOB. */
  job: 0,
  /** In: byte offset of the image in the images memory that the arena must hold. */
  image: 1,
  /** In: EVENT and its arguments (handle/abi.ts). */
  event: 2,
  id: 3,
  flag: 4,
  /** In: bytes of text for argument a; -1: no text. */
  textBytes: 5,
  /** In: bytes of data, handed to the guest as a fresh Uint8Array; -1: no data. */
  dataBytes: 6,
  /** In: what is left of the request's CPU time, microseconds. */
  cpuLeftUs: 7,
  /** In: 1 once the request's wall time is over; written while the turn runs. */
  expired: 8,
  /**
   * In: the slot in whose arena it is done. Out: the slot that comes back with it. A request's first turn may have been done in
   * another one's, which had just become clean: then the two have changed places (arena-worker.ts).
   */
  slot: 9,

  /** Out: OUTCOME. */
  outcome: 10,
  /** Out: how many effects are listed. */
  effects: 11,
  /** Out: log lines dropped because the turn had too many. */
  logsDropped: 12,
  /** Out: bytes asked for by the allocation that did not fit. */
  askedBytes: 13,
  /** Out: thread CPU time of this turn, microseconds. */
  cpuUs: 14,
  /** Out: pages in use at the end of the turn, 64 KiB each, which is the most so far. */
  peakPages: 15,

  /** In: when the request began, as one Float64 (words 16 and 17): performance.timeOrigin + performance.now(). */
  startedAtMs: 16,
  /** Out: the slot whose arena it was done in. */
  ranIn: 18,
} as const;

/** Words of a slot's block. */
export const SLOT = {
  /** Pages in use, 64 KiB each. */
  topPages: 0,
  /** The VM's globals, see VmRegisters. */
  stackPointer: 1,
  stackLow: 2,
  /** The image that the arena holds untouched; 0: none, it must be restored before a start. */
  cleanImage: 3,
  /** The image that the arena was last restored to, clean or not; 0: none yet. */
  loadedImage: 4,
  /** 1 when nothing is known about the arena (trap, killed thread): wipe all of it before the next use. */
  condemned: 5,
  /** Up to where the mailbox's bytes have been written; the next request's first turn wipes them. */
  mailboxBytes: 6,
} as const;

/** A processor's cache line. */
export const SLOT_WORDS = 16;

export const JOB = {
  /** Run one turn. */
  turn: 1,
  /** Restore the image (LETTER.image) now, so that the slot is clean. */
  reset: 2,
  /** Make an image; its ingredients come over the thread's message port. */
  build: 3,
} as const;

export const OUTCOME = {
  /** The handler waits for an event. */
  suspended: 1,
  /** The request is complete, its effects stand in the letter with all they refer to, and the arena is restored: the slot is clean. */
  clean: 2,
  /** The request is complete; effects refer to the arena's heap, so the reset waits until they have been read. */
  complete: 3,
  /** Aborted: the arena is full. */
  memory: 4,
  /** Aborted: out of CPU time. */
  cpu: 5,
  /** The engine trapped (or threw something that is no abort); the slot is condemned. */
  trapped: 6,
  /** Aborted: more effects in one turn than the list holds. */
  effects: 7,
  /** A reset job is done: the slot is clean. */
  reset: 8,
  /** A build job is done; its result comes over the message port. */
  built: 9,
  /** Aborted: out of wall time. */
  wall: 10,
} as const;

/** Words of a thread's block. */
export const THREAD = {
  /** Jobs: written by the I/O thread. */
  jobsWritten: 0,
  jobsRead: 1,
  /** Done: written by the thread. */
  doneWritten: 2,
  doneRead: 3,
  /** 1 while a wake-up is on its way to the I/O thread, so that the thread sends no second one. */
  wakeSent: 4,
  /**
   * 1 while the I/O thread is going to look at the done ring in this round of its event loop, so that no wake-up is
   * needed. It clears the word and then looks; the thread writes the ring and then reads the word: one sees the other.
   */
  watched: 6,
  /** The running turn: 0 none, else sequence << 13 | letter + 1. KILLED once the watchdog has claimed it. */
  running: 5,
  /**
   * 1 while the thread has found no job and wants a message when there is one. It writes the word and then looks at the ring once
   * more; the I/O thread writes the ring and then takes the word: one sees the other.
   */
  asleep: 7,
  /** The rings' places: letters. */
  jobs: 16,
  done: 80,
} as const;

/**
 * Places of each ring, a power of two. A thread is given TURNS_AHEAD jobs at the most, and an image to make; places whose job
 * has been taken back come on top, as many at the most, for it is done only while a turn runs, behind which they stand.
 */
export const RING_PLACES = 64;
export const THREAD_WORDS = THREAD.done + RING_PLACES;

/** In a place of the job ring: the thread has begun the job, or the I/O thread has taken it back. */
export const TAKEN = -1;

/** Enough for the letters of 64 threads (seat.ts, config/schema.ts), 1,629, and the 1 that is added. */
export const RUNNING_LETTER_BITS = 13;

/** In THREAD.running: this thread will be terminated; it must not touch another arena. */
export const KILLED = -1;

/** Effect records: words [effect, a, b, c, text pointer, text bytes, body pointer, body bytes]. */
export const EFFECT_WORDS = 8;
export const MAX_EFFECTS = 256;

/** What an effect may refer to: two texts, one value. Each list begins with its length. */
export const MAX_HELD_TEXTS = 2 * MAX_EFFECTS;
export const MAX_HELD_VALUES = MAX_EFFECTS;

const HELD_START = 256;
const HELD_VALUES_START = HELD_START + (1 + MAX_HELD_TEXTS) * 4;

/** The mailbox: boxes for argument values, what the effects refer to (held-list.ts), then the event's bytes. */
export const MAILBOX = {
  boxes: 0,
  heldTexts: HELD_START,
  heldValues: HELD_VALUES_START,
  bytes: HELD_VALUES_START + (1 + MAX_HELD_VALUES) * 4,
} as const;
