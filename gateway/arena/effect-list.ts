/**
 * The effects of one turn: a list of fixed records in its letter. Texts and bodies stay where they are in the arena's heap
 * and are referred to by pointer, held until the next turn; when the request is complete and everything is small, they
 * are copied into the letter so that the arena can be restored at once.
 *
 * Bound: MAX_EFFECTS records a turn (then the turn is aborted), LOG_LINES lines of LOG_BYTES of log.
 */
import { ArenaAbort } from "./abort.ts";
import { MAILBOX, MAX_EFFECTS, MAX_HELD_TEXTS, MAX_HELD_VALUES } from "./control.ts";
import { HeldList } from "./held-list.ts";
import { type Letter, recordOf } from "./letters.ts";
import type { Vm } from "./vm.ts";

const LOG_LINES = 64;
export const LOG_BYTES = 4096;

export interface TurnArguments {
  event: number;
  id: number;
  textBytes: number;
  dataBytes: number;
  flag: number;
}

/** A piece of the arena's memory: a string's UTF-8 bytes, or a buffer's. */
export interface Span {
  pointer: number;
  bytes: number;
}

const NOTHING: Span = { pointer: 0, bytes: 0 };

/** Where argument values are built: five boxes of 8 bytes, a list of pointers to four of them, two scratch words. */
const BOX = { undefined: 0, event: 8, id: 16, flag: 24, list: 64, scratch: 96 };

export class EffectList {
  /** Set by an effect after which nothing more can come of the request. */
  final = false;
  /** A subrequest of this turn goes where the request itself would go without its handler. */
  sentNext = false;
  count = 0;
  logsDropped = 0;
  /** Where records are written. */
  letter: Letter;
  readonly #vm: Vm;
  readonly #start: number;
  #logLines = 0;
  /** Number of this turn's timer record; -1: none yet. */
  #timer = -1;
  /** C strings and values to be given back at the next turn. */
  readonly #heldTexts: HeldList;
  readonly #heldValues: HeldList;

  constructor(vm: Vm, letter: Letter) {
    this.#vm = vm;
    this.letter = letter;
    this.#start = vm.layout.mailboxStart;
    this.#heldTexts = new HeldList(vm.words, this.#start + MAILBOX.heldTexts, MAX_HELD_TEXTS);
    this.#heldValues = new HeldList(vm.words, this.#start + MAILBOX.heldValues, MAX_HELD_VALUES);
  }

  /** Forgets the last turn without touching the arena: it has been restored, or is about to be. */
  forget(): void {
    this.#heldTexts.forget();
    this.#heldValues.forget();
    this.#clear();
  }

  /** Begins a turn: what the last one's effects referred to may be freed now. */
  release(): void {
    const { exports } = this.#vm;
    for (const text of this.#heldTexts.takeFrom(0)) exports.qjs_free_cstring(text);
    for (const value of this.#heldValues.takeFrom(0)) exports.qjs_free_value(value);
    this.forget();
  }

  #clear(): void {
    this.final = false;
    this.sentNext = false;
    this.count = 0;
    this.logsDropped = 0;
    this.#logLines = 0;
    this.#timer = -1;
  }

  /** Calls the guest's turn function with the event's arguments, taken from the mailbox. */
  callTurn(turn: number, args: TurnArguments): void {
    const { exports, words } = this.#vm;
    const box = this.#start + MAILBOX.boxes;
    this.#vm.putUndefined(box + BOX.undefined);
    this.#vm.putInt(box + BOX.event, args.event);
    this.#vm.putInt(box + BOX.id, args.id);
    this.#vm.putInt(box + BOX.flag, args.flag);
    const argument = this.#argument(args) || box + BOX.undefined;
    const list = (box + BOX.list) >>> 2;
    words[list] = box + BOX.event;
    words[list + 1] = box + BOX.id;
    words[list + 2] = argument;
    words[list + 3] = box + BOX.flag;
    const result = exports.qjs_call(turn, box + BOX.undefined, 4, box + BOX.list);
    if (exports.qjs_is_exception(result)) exports.qjs_free_value(exports.qjs_get_exception());
    exports.qjs_free_value(result);
    if (argument !== box + BOX.undefined) exports.qjs_free_value(argument);
  }

  #argument({ textBytes, dataBytes }: TurnArguments): number {
    const bytes = this.#start + MAILBOX.bytes;
    if (textBytes >= 0) return this.#vm.exports.qjs_new_string(bytes, textBytes);
    if (dataBytes >= 0) return this.#vm.exports.qjs_new_uint8_array(bytes, dataBytes);
    return 0;
  }

  /** Adds a record. */
  add(effect: number, a: number, b: number, c: number, text: Span = NOTHING, body: Span = NOTHING): void {
    if (this.count === MAX_EFFECTS) throw new ArenaAbort("effects");
    const { words } = this.letter;
    const record = recordOf(this.count);
    words[record] = effect;
    words[record + 1] = a;
    words[record + 2] = b;
    words[record + 3] = c;
    words[record + 4] = text.pointer;
    words[record + 5] = text.bytes;
    words[record + 6] = body.pointer;
    words[record + 7] = body.bytes;
    this.count++;
  }

  /**
   * Makes another effect of the first `from` of this turn with this `a`, if its body suits: `suits` gets its kind and what stands for its
   * pointer. False: nothing was changed.
   */
  change(from: number, a: number, suits: (kind: number, body: number) => boolean, to: number): boolean {
    const { words } = this.letter;
    for (let index = 0; index < this.count; index++) {
      const record = recordOf(index);
      if (words[record] !== from || words[record + 1] !== a) continue;
      if (!suits(words[record + 2]!, words[record + 6]!)) return false;
      words[record] = to;
      return true;
    }
    return false;
  }

  /** There is one timer, the last one asked for: setting and clearing many takes one record. */
  setTimer(effect: number, delayMs: number): void {
    if (this.#timer < 0) {
      this.add(effect, delayMs, 0, 0);
      this.#timer = this.count - 1;
    } else this.letter.words[recordOf(this.#timer) + 1] = delayMs;
  }

  addLog(effect: number, level: number, value: number): void {
    if (this.#logLines === LOG_LINES) {
      this.logsDropped++;
      return;
    }
    this.#logLines++;
    const { pointer, bytes } = this.text(value);
    this.add(effect, level, bytes, 0, { pointer, bytes: Math.min(bytes, LOG_BYTES) });
  }

  /** A string value's bytes, held until the next turn. Anything but a string is empty: no handler code runs here. */
  text(value: number): Span {
    const { exports, words } = this.#vm;
    if (value === 0 || !exports.qjs_is_string(value)) return NOTHING;
    const out = this.#start + MAILBOX.boxes + BOX.scratch;
    const pointer = exports.qjs_get_string_len(value, out) >>> 0;
    if (pointer === 0) return NOTHING;
    this.#heldTexts.push(pointer);
    return { pointer, bytes: words[out >>> 2]! >>> 0 };
  }

  /** A typed array's bytes, held until the next turn. */
  bytes(value: number): Span {
    const { exports, words } = this.#vm;
    if (value === 0) return NOTHING;
    const out = this.#start + MAILBOX.boxes + BOX.scratch;
    const buffer = exports.qjs_get_typed_array_buffer(value, out, out + 4, out + 8);
    if (exports.qjs_is_exception(buffer)) {
      exports.qjs_free_value(buffer);
      exports.qjs_free_value(exports.qjs_get_exception());
      return NOTHING;
    }
    this.#heldValues.push(buffer);
    const offset = words[out >>> 2]! >>> 0;
    const bytes = words[(out >>> 2) + 1]! >>> 0;
    const start = exports.qjs_get_array_buffer(buffer, out + 12) >>> 0;
    if (start === 0 || offset + bytes > words[(out >>> 2) + 3]! >>> 0) return NOTHING;
    return { pointer: start + offset, bytes };
  }

  /** Runs a call that is answered at once: what it looked at is given back with the answer, not at the next turn. */
  lend(call: () => number): number {
    const { exports } = this.#vm;
    const [texts, values] = [this.#heldTexts.length, this.#heldValues.length];
    const answer = call();
    // Not in a `finally`: in an arena that was stopped nothing may run any more.
    for (const text of this.#heldTexts.takeFrom(texts)) exports.qjs_free_cstring(text);
    for (const value of this.#heldValues.takeFrom(values)) exports.qjs_free_value(value);
    return answer;
  }

  /** Moves all texts and bodies into the letter; false: they do not fit, and nothing is moved. */
  moveOut(): boolean {
    return this.letter.take(this.count, this.#vm.wiper);
  }
}
