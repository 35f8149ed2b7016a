/**
 * The arena thread: takes jobs from its ring, one at a time, and sleeps when there are none. It holds nothing that
 * could be lost with it: see control.ts for the words it shares with the I/O thread.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { readlinkSync } from "node:fs";
import { JOB, OUTCOME, RING_PLACES, RUNNING_SLOT_BITS, SLOT, SLOT_WORDS, TAKEN, THREAD } from "./control.ts";
import type { Engine } from "./engine.ts";
import { GrowthLog } from "./growth-log.ts";
import { ImageBuilder, type ImageRecipe } from "./image-builder.ts";
import { Instances } from "./instances.ts";
import type { ArenaLayout } from "./layout.ts";
import { SlotVm } from "./slot-vm.ts";
import { TurnClock } from "./turn-clock.ts";
import { giveWay } from "../shared/give-way.ts";

export interface ArenaWorkerData {
  engine: Engine;
  images: WebAssembly.Memory;
  /** Of all slots; the last one is the scratch arena in which images are made. */
  layouts: readonly ArenaLayout[];
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
  /** How much the thread gives way to others, 0 to 19 (nice); only Linux has it for threads. */
  nice: number;
}

/**
 * What a job needs besides the shared words; it stands in the port before the job stands in the ring. An arena comes with
 * the slot's first job here and not at the start: V8 collects garbage for every few shared memories that an isolate is
 * given, 5 ms each time, and with 64 slots that was most of what starting a thread took.
 */
export type Supply =
  { readonly slot: number; readonly memory: WebAssembly.Memory } | { readonly recipe: ImageRecipe };

const { engine, images, layouts, control, thread, supplies, growth, mostInstances, nice } =
  workerData as ArenaWorkerData;
const port = parentPort!;
const memories: (WebAssembly.Memory | undefined)[] = layouts.map(() => undefined);
const vms = new Instances(mostInstances, vmOf);
const clock = new TurnClock();
const growthLog = growth && new GrowthLog(growth);
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
function claimed(slot: number, run: () => void): void {
  sequence = (sequence + 1) & 0x3ffff;
  const mark = (sequence << RUNNING_SLOT_BITS) | (slot + 1);
  if (Atomics.compareExchange(thread, THREAD.running, 0, mark) !== 0) park();
  run();
  if (Atomics.compareExchange(thread, THREAD.running, mark, 0) !== mark) park();
}

function finish(slot: number): void {
  const written = thread[THREAD.doneWritten]!;
  thread[THREAD.done + (written & (RING_PLACES - 1))] = slot;
  Atomics.store(thread, THREAD.doneWritten, (written + 1) | 0);
}

/**
 * The I/O thread is woken when nothing is left to do here. While turns are waiting it hears of several at once, or at the
 * watchdog's next tick if the one that comes now is long: a wake-up costs both threads more than a small turn's end.
 */
function announce(): void {
  if (Atomics.load(thread, THREAD.watched) === 1) return;
  if (Atomics.load(thread, THREAD.jobsWritten) !== thread[THREAD.jobsRead]) return;
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

function build(slot: number): void {
  while (receive());
  if (!recipe) return;
  builder ??= new ImageBuilder(engine, memoryOf(slot), images);
  const result = builder.build(recipe);
  recipe = undefined;
  supplies.postMessage(result);
  control[slot * SLOT_WORDS + SLOT.outcome] = OUTCOME.built;
}

function vmOf(slot: number): SlotVm {
  const arena = { memory: memoryOf(slot), layout: layouts[slot]! };
  return new SlotVm(engine, images, arena, control, slot, clock, growthLog);
}

function work(slot: number): void {
  if (control[slot * SLOT_WORDS + SLOT.job] === JOB.build) build(slot);
  else vms.of(slot).run();
}

if (nice > 0) giveWay(nice);
port.postMessage({ threadPath: threadPath() });
for (;;) {
  const read = thread[THREAD.jobsRead]!;
  if (Atomics.load(thread, THREAD.jobsWritten) === read) {
    Atomics.wait(thread, THREAD.jobsWritten, read);
    continue;
  }
  const slot = Atomics.exchange(thread, THREAD.jobs + (read & (RING_PLACES - 1)), TAKEN);
  if (slot !== TAKEN) claimed(slot, () => work(slot));
  Atomics.store(thread, THREAD.jobsRead, (read + 1) | 0);
  if (slot !== TAKEN) finish(slot);
  announce();
}
