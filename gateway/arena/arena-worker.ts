/**
 * The arena thread: takes letters from its ring, one at a time, and sleeps in its event loop when there are none. It holds
 * nothing that could be lost with it: see control.ts for the words it shares with the I/O thread.
 *
 * Requests that stand one behind the other run in one arena one after the other, as long as it is clean after each of them: it
 * is in the processor's caches, which the arenas of a dozen requests together are not. The slot that came with the later one
 * goes back unused in place of the other.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { readlinkSync } from "node:fs";
import { EVENT } from "../handle/abi.ts";
import { JOB, LETTER, OUTCOME, RING_PLACES, RUNNING_LETTER_BITS, TAKEN, THREAD } from "./control.ts";
import type { Engine } from "./engine.ts";
import { GrowthLog } from "./growth-log.ts";
import { ImageBuilder, type ImageRecipe } from "./image-builder.ts";
import { Instances } from "./instances.ts";
import type { ArenaLayout } from "./layout.ts";
import { type Letter, type LetterPlace, openLetters } from "./letters.ts";
import { SlotVm } from "./slot-vm.ts";
import { TurnClock } from "./turn-clock.ts";

export interface ArenaWorkerData {
  engine: Engine;
  images: WebAssembly.Memory;
  /** Of all slots; the last one is the scratch arena in which images are made. */
  layouts: readonly ArenaLayout[];
  /** By slot, which pool it is of. */
  poolOf: readonly number[];
  /** All letters. */
  letterPlace: LetterPlace;
  /** All slots' blocks. */
  control: Int32Array;
  /** This thread's block. */
  thread: Int32Array;
  /** Where supplies come from; results of recipes go back. */
  supplies: MessagePort;
  /** Memory of a GrowthLog, when handlers are profiled. */
  growth: SharedArrayBuffer | undefined;
  /** How many engine instances it may keep. */
  mostInstances: number;
}

/**
 * What a job needs besides the shared words; it stands in the port before the job stands in the ring. An arena comes with
 * the slot's first job here and not at the start: V8 collects garbage for every few shared memories that an isolate is
 * given, 5 ms each time, and with 64 slots that was most of what starting a thread took.
 */
export type Supply =
  { readonly slot: number; readonly memory: WebAssembly.Memory } | { readonly recipe: ImageRecipe };

const { engine, images, layouts, poolOf, letterPlace, control, thread, supplies, growth, mostInstances } =
  workerData as ArenaWorkerData;
const letters = openLetters(images.buffer, letterPlace);
const port = parentPort!;
const memories: (WebAssembly.Memory | undefined)[] = layouts.map(() => undefined);
const vms = new Instances<SlotVm>(mostInstances);
const surroundings = {
  engine,
  images,
  control,
  clock: new TurnClock(),
  growth: growth && new GrowthLog(growth),
};
let sequence = 0;
/** Of the image to be made next; one is made at a time. */
let recipe: ImageRecipe | undefined;
let builder: ImageBuilder | undefined;

/** The kernel's name for this thread, for the watchdog to read its CPU time; "" where there is no /proc. */
function threadPath(): string {
  try {
    return `/proc/${readlinkSync("/proc/thread-self")}`;
  } catch {
    return "";
  }
}

function park(): never {
  for (;;) Atomics.wait(thread, THREAD.jobsRead, Atomics.load(thread, THREAD.jobsRead));
}

/**
 * Claims the thread for one turn. Once the watchdog has put KILLED in its place, this thread is about to be
 * terminated and must not touch another arena: it parks, so that a turn that had just ended harms nobody.
 */
function claimed(letter: Letter, run: () => void): void {
  sequence = (sequence + 1) & 0x3ffff;
  const mark = (sequence << RUNNING_LETTER_BITS) | (letter.index + 1);
  if (Atomics.compareExchange(thread, THREAD.running, 0, mark) !== 0) park();
  run();
  if (Atomics.compareExchange(thread, THREAD.running, mark, 0) !== mark) park();
}

/** The next letter that has not been taken back; undefined: there is none. */
function take(): Letter | undefined {
  for (;;) {
    const read = thread[THREAD.jobsRead]!;
    if (Atomics.load(thread, THREAD.jobsWritten) === read) return undefined;
    const index = Atomics.exchange(thread, THREAD.jobs + (read & (RING_PLACES - 1)), TAKEN);
    Atomics.store(thread, THREAD.jobsRead, (read + 1) | 0);
    if (index !== TAKEN) return letters[index];
  }
}

/**
 * A request that begins when one of the same handler has just left its arena clean has that arena. The slot that came with it is
 * unused, and goes back with the other's letter.
 */
function shareArena({ words: done }: Letter, { words: next }: Letter): void {
  if (done[LETTER.outcome] !== OUTCOME.clean || next[LETTER.job] !== JOB.turn) return;
  if (next[LETTER.event] !== EVENT.start || next[LETTER.image] !== done[LETTER.image]) return;
  const [clean, unused] = [done[LETTER.slot]!, next[LETTER.slot]!];
  if (poolOf[clean] !== poolOf[unused]) return;
  done[LETTER.slot] = unused;
  next[LETTER.slot] = clean;
}

function finish(letter: Letter): void {
  const written = thread[THREAD.doneWritten]!;
  thread[THREAD.done + (written & (RING_PLACES - 1))] = letter.index;
  Atomics.store(thread, THREAD.doneWritten, (written + 1) | 0);
}

/**
 * Wakes the I/O thread, when nothing is left to do here. While turns are waiting it hears of several at once, or at the
 * watchdog's next tick if the one that comes now is long: a wake-up costs both threads more than a small turn's end.
 */
function announce(): void {
  if (Atomics.load(thread, THREAD.watched) === 1) return;
  if (Atomics.exchange(thread, THREAD.wakeSent, 1) === 0) port.postMessage(null);
}

/** Takes one supply out of the port; false: there is none. */
function receive(): boolean {
  const supply = (receiveMessageOnPort(supplies) as { message: Supply } | undefined)?.message;
  if (!supply) return false;
  if ("recipe" in supply) recipe = supply.recipe;
  else memories[supply.slot] = supply.memory;
  return true;
}

function memoryOf(slot: number): WebAssembly.Memory {
  while (!memories[slot] && receive());
  return memories[slot]!;
}

function build({ words }: Letter): void {
  while (receive());
  if (!recipe) return;
  builder ??= new ImageBuilder(engine, memoryOf(words[LETTER.slot]!), images);
  const result = builder.build(recipe);
  recipe = undefined;
  supplies.postMessage(result);
  words[LETTER.outcome] = OUTCOME.built;
}

function vmFor(letter: Letter): SlotVm {
  const slot = (letter.words[LETTER.ranIn] = letter.words[LETTER.slot]!);
  return vms.of(slot, () => {
    const arena = { memory: memoryOf(slot), layout: layouts[slot]! };
    return new SlotVm(surroundings, slot, arena, letter);
  });
}

function work(letter: Letter): void {
  if (letter.words[LETTER.job] === JOB.build) build(letter);
  else vmFor(letter).run(letter);
}

/** Until the ring is empty. */
function workThrough(): void {
  for (let letter = take(); letter;) {
    const current = letter;
    claimed(current, () => work(current));
    const next = take();
    if (next) shareArena(current, next);
    finish(current);
    if (!next) announce();
    letter = next;
  }
}

/**
 * Whether the I/O thread sends a message for the next job; false: one has come meanwhile.
 *
 * Not Atomics.wait(): all threads that wait there, and who wakes one, share a mutex of V8's. Those that are woken at the same
 * time wait for it in turn, each until the one before has got a processor, which may be the one that gives way to all.
 */
function fallsAsleep(): boolean {
  Atomics.store(thread, THREAD.asleep, 1);
  if (Atomics.load(thread, THREAD.jobsWritten) === thread[THREAD.jobsRead]) return true;
  // If the I/O thread has seen that, there will be a message for nothing.
  Atomics.store(thread, THREAD.asleep, 0);
  return false;
}

function onWake(): void {
  do workThrough();
  while (!fallsAsleep());
}

port.on("message", onWake);
port.postMessage({ threadPath: threadPath() });
onWake();
