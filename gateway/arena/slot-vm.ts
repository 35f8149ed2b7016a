/**
 * The thread's side of one slot: does what a letter says, which is to advance the arena by one turn or to make it new, lists the
 * effects in the letter and says there what came of it. What the arena holds between turns stands in the slot's block.
 */
import { EVENT } from "../handle/abi.ts";
import { ArenaAbort, outOfMemory } from "./abort.ts";
import { JOB, LETTER, MAILBOX, OUTCOME, SLOT, SLOT_WORDS } from "./control.ts";
import { EffectList } from "./effect-list.ts";
import type { Engine } from "./engine.ts";
import { type VmPointers, randomStateAddress } from "./frames.ts";
import { NO_SEARCH_BYTES, SEARCH_NOW_BYTES, nextSearch } from "./garbage-steps.ts";
import type { GrowthLog } from "./growth-log.ts";
import { IMAGE, IMAGE_HEADER_BYTES } from "./image.ts";
import { DATA_START, EXTENSION_START, PAGE_BYTES, STACK_TOP, type ArenaLayout } from "./layout.ts";
import { HostCalls } from "./host-calls.ts";
import type { Letter } from "./letters.ts";
import { putRandomWord } from "./random-pool.ts";
import { TurnClock } from "./turn-clock.ts";
import { Vm } from "./vm.ts";

export interface SlotArena {
  memory: WebAssembly.Memory;
  layout: ArenaLayout;
}

/** What all slots of a thread have in common. */
export interface SlotVmSurroundings {
  engine: Engine;
  images: WebAssembly.Memory;
  /** The blocks of all slots. */
  control: Int32Array;
  clock: TurnClock;
  growth: GrowthLog | undefined;
}

/** What a leaf function may write below the stack pointer without moving it (LLVM, WebAssemblyFrameLowering.cpp). */
const RED_ZONE_BYTES = 128;

export class SlotVm {
  readonly #words: Int32Array;
  readonly #engine: Engine;
  readonly #images: WebAssembly.Memory;
  readonly #imageWords: Int32Array;
  readonly #arena: SlotArena;
  readonly #clock: TurnClock;
  readonly #growth: GrowthLog | undefined;
  #letter: Letter;
  #vm: Vm;
  #effects: EffectList;
  #calls: HostCalls;

  /** `letter` is the one that is to be answered first. */
  constructor(
    { engine, images, control, clock, growth }: SlotVmSurroundings,
    slot: number,
    arena: SlotArena,
    letter: Letter,
  ) {
    this.#engine = engine;
    this.#images = images;
    this.#imageWords = new Int32Array(images.buffer);
    this.#arena = arena;
    this.#words = control.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
    this.#clock = clock;
    this.#growth = growth;
    this.#letter = letter;
    this.#vm = this.#instantiate();
    this.#effects = new EffectList(this.#vm, letter);
    this.#calls = new HostCalls(this.#vm, this.#effects);
  }

  #instantiate(): Vm {
    return new Vm(this.#engine, this.#arena.memory, this.#images, this.#arena.layout, {
      call: (_vm, argc, argv) => this.#calls.call(argc, argv),
      interrupt: () => this.#interrupted(),
      overflow: (vm, pages) => this.#overflow(vm, pages),
      rejected: (_vm, promise, reason, isHandled) =>
        this.#calls.floating.heard(promise, reason, isHandled !== 0),
    });
  }

  #interrupted(): void {
    this.#checkWall();
    this.#clock.check();
  }

  #checkWall(): void {
    if (Atomics.load(this.#letter.words, LETTER.expired) !== 0) throw new ArenaAbort("wall");
  }

  /** Does the job; never throws. */
  run(letter: Letter): void {
    const { words } = letter;
    this.#letter = this.#effects.letter = letter;
    const isReset = words[LETTER.job] === JOB.reset;
    words[LETTER.askedBytes] = 0;
    try {
      words[LETTER.outcome] = isReset ? this.#reset() : this.#turn();
    } catch (error) {
      words[LETTER.outcome] = this.#failed(error);
    }
    // A reset is nobody's time, and its clock was never started.
    words[LETTER.cpuUs] = isReset ? 0 : this.#clock.stop();
    words[LETTER.effects] = this.#effects.count;
    words[LETTER.logsDropped] = this.#effects.logsDropped;
  }

  #reset(): number {
    this.#restore();
    return OUTCOME.reset;
  }

  #turn(): number {
    const { words } = this.#letter;
    this.#clock.start(words[LETTER.cpuLeftUs]!);
    if (words[LETTER.event] === EVENT.start) this.#begin();
    else this.#resume();
    this.#words[SLOT.cleanImage] = 0;
    this.#checkWall();
    this.#calls.startedAtMs = this.#letter.startedAtMs[0]!;
    this.#deliver();
    this.#runJobs();
    if (this.#effects.sentNext && !this.#effects.final) this.#callTurn(EVENT.idle);
    this.#calls.reportFloating();
    this.#save();
    if (!this.#effects.final) return OUTCOME.suspended;
    if (!this.#effects.moveOut()) return OUTCOME.complete;
    this.#restore();
    return OUTCOME.clean;
  }

  /** Reads the arena's registers as the image has them, after making sure that the arena holds the image. */
  #begin(): void {
    const { condemned, cleanImage } = SLOT;
    if (this.#words[condemned] || this.#words[cleanImage] !== this.#image) this.#restore();
    this.#effects.forget();
    this.#calls.floating.forget();
    this.#wipeMailbox();
    putRandomWord(this.#vm.bytes, randomStateAddress(this.#pointers()));
    this.#attach(this.#imageWord(IMAGE.stackPointer), STACK_TOP, this.#imageWord(IMAGE.topPages));
    this.#vm.exports.qjs_set_gc_threshold(NO_SEARCH_BYTES);
  }

  #pointers(): VmPointers {
    return { runtime: this.#imageWord(IMAGE.runtime), context: this.#imageWord(IMAGE.context) };
  }

  /** The heap has come to where it is to be searched, or to its end. */
  #overflow(vm: Vm, pages: number): void {
    const { layout, exports } = vm;
    const wanted = exports.nea_top.value + (pages >>> 0);
    if (wanted > layout.limitPages) outOfMemory(pages);
    this.#growth?.note(vm, pages, this.#pointers());
    exports.nea_limit.value = this.#growth ? wanted : this.#nextSearch(wanted);
    exports.qjs_set_gc_threshold(SEARCH_NOW_BYTES);
  }

  #nextSearch(topPages: number): number {
    return nextSearch(topPages, this.#imageWord(IMAGE.topPages), this.#arena.layout.limitPages);
  }

  /** What earlier requests left there. */
  #wipeMailbox(): void {
    this.#vm.wiper.wipe(
      this.#arena.layout.mailboxStart,
      Math.max(MAILBOX.bytes, this.#words[SLOT.mailboxBytes]!),
    );
    this.#words[SLOT.mailboxBytes] = 0;
  }

  #resume(): void {
    const words = this.#words;
    this.#attach(words[SLOT.stackPointer]!, words[SLOT.stackLow]!, words[SLOT.topPages]!);
    this.#effects.release();
  }

  #attach(stackPointer: number, stackLow: number, topPages: number): void {
    this.#vm.attach({ stackPointer, stackLow, topPages }, this.#nextSearch(topPages));
    this.#growth?.watch(this.#vm);
  }

  #save(): void {
    const { stackPointer, stackLow, topPages } = this.#vm.registers();
    this.#words[SLOT.stackPointer] = stackPointer;
    this.#words[SLOT.stackLow] = stackLow;
    this.#words[SLOT.topPages] = topPages;
    this.#letter.words[LETTER.peakPages] = topPages;
  }

  /** Calls the platform's turn function with the letter's event, which the engine reads in the mailbox. */
  #deliver(): void {
    const { words, eventAddress, eventBytes } = this.#letter;
    const end = MAILBOX.bytes + eventBytes;
    this.#vm.wiper.restore(this.#arena.layout.mailboxStart + MAILBOX.bytes, eventAddress, eventBytes);
    this.#words[SLOT.mailboxBytes] = Math.max(this.#words[SLOT.mailboxBytes]!, end);
    this.#effects.callTurn(this.#imageWord(IMAGE.turn), {
      event: words[LETTER.event]!,
      id: words[LETTER.id]!,
      textBytes: words[LETTER.textBytes]!,
      dataBytes: words[LETTER.dataBytes]!,
      flag: words[LETTER.flag]!,
    });
  }

  /** Without anything that a letter brings. */
  #callTurn(event: number): void {
    const nothing = { id: 0, textBytes: -1, dataBytes: -1, flag: 0 };
    this.#effects.callTurn(this.#imageWord(IMAGE.turn), { event, ...nothing });
  }

  /** Promise jobs, until none is left or the request is complete: what would run after that has no effect. */
  #runJobs(): void {
    const { exports } = this.#vm;
    while (!this.#effects.final && exports.qjs_is_job_pending()) {
      if (exports.qjs_execute_pending_job() < 0) exports.qjs_free_value(exports.qjs_get_exception());
    }
  }

  #failed(error: unknown): number {
    this.#save();
    if (error instanceof ArenaAbort) {
      this.#letter.words[LETTER.askedBytes] = Math.min(error.askedBytes, 0x7fff_ffff);
      return OUTCOME[error.reason];
    }
    // A trap, or V8's own stack overflow: the arena's memory is what the next reset makes of it.
    this.#words[SLOT.condemned] = 1;
    return OUTCOME.trapped;
  }

  /**
   * The arena becomes the image again: what the image covers is copied, what was used above it and the used part of
   * the stack are zeroed. A condemned arena is zeroed whole and gets a fresh instance first.
   */
  #restore(): void {
    const words = this.#words;
    if (words[SLOT.condemned]) this.#rebuild();
    const { wiper } = this.#vm;
    let from = this.#image + IMAGE_HEADER_BYTES;
    const extensionBytes = this.#imageWord(IMAGE.extensionBytes);
    const low = Math.max(0, Math.min(words[SLOT.stackLow]!, STACK_TOP) - RED_ZONE_BYTES);
    wiper.wipe(low, STACK_TOP - low);
    if (words[SLOT.loadedImage] !== this.#image) wiper.wipe(EXTENSION_START, DATA_START - EXTENSION_START);
    if (extensionBytes > 0) wiper.restore(EXTENSION_START, from, extensionBytes);
    from += extensionBytes;
    let to = DATA_START;
    const endOfGaps = IMAGE.firstGap + 2 * this.#imageWord(IMAGE.gaps);
    for (let gap = IMAGE.firstGap; gap < endOfGaps; gap += 2) {
      const [address, bytes] = [this.#imageWord(gap), this.#imageWord(gap + 1)];
      wiper.restore(to, from, address - to);
      wiper.wipe(address, bytes);
      from += address - to;
      to = address + bytes;
    }
    const end = DATA_START + this.#imageWord(IMAGE.dataBytes);
    wiper.restore(to, from, end - to);
    wiper.wipe(end, Math.max(0, words[SLOT.topPages]! * PAGE_BYTES - end));
    words[SLOT.stackLow] = STACK_TOP;
    words[SLOT.topPages] = this.#imageWord(IMAGE.topPages);
    words[SLOT.loadedImage] = this.#image;
    words[SLOT.cleanImage] = this.#image;
  }

  #rebuild(): void {
    this.#vm = this.#instantiate();
    this.#effects = new EffectList(this.#vm, this.#letter);
    this.#calls = new HostCalls(this.#vm, this.#effects);
    this.#vm.wiper.wipe(0, this.#arena.layout.mailboxStart);
    this.#words[SLOT.condemned] = 0;
    this.#words[SLOT.stackLow] = STACK_TOP;
    this.#words[SLOT.topPages] = DATA_START / PAGE_BYTES;
  }

  /** Where the image stands in the images memory. */
  get #image(): number {
    return this.#letter.words[LETTER.image]!;
  }

  #imageWord(word: number): number {
    return this.#imageWords[(this.#image >>> 2) + word]!;
  }
}
