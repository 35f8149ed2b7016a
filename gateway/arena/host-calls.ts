/**
 * What `host(...)` does when the platform inside an arena calls it: effects are listed, calls are answered at once.
 * The arguments come from the arena and are worth no trust: each is checked, and a call that makes no sense throws a
 * TypeError into the arena.
 */
import { randomBytes } from "node:crypto";
import { BODY_KIND, CALL, EFFECT, LOG_LEVEL } from "../handle/abi.ts";
import { cryptoCall } from "../handle/crypto-host.ts";
import { ArenaAbort } from "./abort.ts";
import type { EffectList, Span } from "./effect-list.ts";
import { effectBody, effectText } from "./letters.ts";
import { MAX_EFFECTS } from "./control.ts";
import { Floating } from "./floating.ts";
import { PAGE_BYTES } from "./layout.ts";
import { settlesOnly } from "./waiting-promise.ts";
import type { Vm } from "./vm.ts";

/** The functions that the platform hands over while its image is made: pointers to their values. */
export interface Installed {
  turn: number;
  configure: number;
  adopt: number;
}

/** As crypto.getRandomValues allows (Web Cryptography Level 2, section 10.1.1). */
const RANDOM_BYTES_MAX = 65_536;

/** The target of ctx.next(). */
const NEXT = "next";

/** No body, or the one that came with the request. */
const needsNoArena = (kind: number, body: number) =>
  kind === BODY_KIND.none || (kind === BODY_KIND.host && body === 0);

/** What the platform passes at most: an operation, its parameters, and a handful of buffers. */
const CRYPTO_ARGUMENTS_MAX = 12;
const CRYPTO_TEXT_BYTES_MAX = 65_536;

export class HostCalls {
  /** Set while an image is made; afterwards `install` is refused. */
  installed: Installed | undefined;
  installing = false;
  /** When the request began: performance.timeOrigin + performance.now(), which all threads share. */
  startedAtMs = 0;
  readonly floating: Floating;
  readonly #vm: Vm;
  readonly #effects: EffectList;

  constructor(vm: Vm, effects: EffectList) {
    this.#vm = vm;
    this.#effects = effects;
    this.floating = new Floating(vm);
  }

  /** Returns a value that the engine owns from then on, or 0 when an exception was thrown in the arena. */
  call(argc: number, argv: number): number {
    const vm = this.#vm;
    const what = vm.integer(vm.argument(argc, argv, 0));
    return what >= CALL.install ? this.#answer(what, argc, argv) : this.#effect(what, argc, argv);
  }

  #effect(effect: number, argc: number, argv: number): number {
    const vm = this.#vm;
    const effects = this.#effects;
    const value = (index: number) => vm.argument(argc, argv, index);
    const integer = (index: number) => vm.integer(value(index));
    switch (effect) {
      case EFFECT.respond: {
        const kind = integer(3);
        const final = integer(5) === 1;
        effects.add(
          effect,
          integer(1),
          kind,
          final ? 1 : 0,
          effects.text(value(2)),
          this.#body(kind, value(4)),
        );
        effects.final ||= final;
        break;
      }
      case EFFECT.subrequest: {
        const kind = integer(4);
        const target = effects.text(value(2));
        // Two texts and a body in one record would need three spans: the target takes a record of its own.
        effects.add(effect, integer(1), kind, 0, effects.text(value(3)), this.#body(kind, value(5)));
        effects.add(0, 0, 0, 0, target);
        effects.sentNext ||=
          effectText(vm.bytes, target.pointer, Math.min(target.bytes, NEXT.length + 1)) === NEXT;
        break;
      }
      case EFFECT.write:
        effects.add(effect, integer(1), 0, 0, undefined, this.#chunk(value(2)));
        break;
      case EFFECT.writeEnd:
      case EFFECT.writeAbort:
      case EFFECT.abort:
      case EFFECT.pull:
        effects.add(effect, integer(1), 0, 0);
        break;
      case EFFECT.timer:
        effects.setTimer(effect, integer(1));
        break;
      case EFFECT.log:
        effects.addLog(effect, integer(1), value(2));
        break;
      case EFFECT.done:
        effects.add(effect, 0, 0, 0);
        effects.final = true;
        break;
      case EFFECT.threw:
        effects.add(effect, integer(1), 0, 0, effects.text(value(2)), effects.text(value(3)));
        effects.final = true;
        break;
      case EFFECT.badResponse:
        effects.add(effect, 0, 0, 0, effects.text(value(1)));
        effects.final = true;
        break;
      default:
        return this.#throw(`there is no effect ${effect}`);
    }
    return this.#undefined();
  }

  #body(kind: number, value: number): Span | undefined {
    if (kind === BODY_KIND.string || kind === BODY_KIND.bytes) return this.#chunk(value);
    if (kind === BODY_KIND.host) return { pointer: this.#vm.integer(value), bytes: 0 };
    return undefined;
  }

  #chunk(value: number): Span {
    if (value !== 0 && this.#vm.exports.qjs_is_string(value)) return this.#effects.text(value);
    return this.#effects.bytes(value);
  }

  #answer(what: number, argc: number, argv: number): number {
    const vm = this.#vm;
    switch (what) {
      case CALL.install:
        return this.#install(argc, argv);
      case CALL.randomBytes:
        return this.#effects.lend(() => this.#randomBytes(vm.argument(argc, argv, 1)));
      case CALL.usedBytes:
        return vm.exports.qjs_new_number(vm.registers().topPages * PAGE_BYTES);
      case CALL.arenaBytes:
        return vm.exports.qjs_new_number(vm.layout.arenaBytes);
      case CALL.now:
        return vm.exports.qjs_new_number(performance.timeOrigin + performance.now() - this.startedAtMs);
      case CALL.passOn:
        return this.#passOn(argc, argv);
      case CALL.crypto:
        return this.#effects.lend(() => this.#crypto(argc, argv));
      default:
        return this.#throw(`there is no call ${what}`);
    }
  }

  #install(argc: number, argv: number): number {
    const vm = this.#vm;
    if (!this.installing || this.installed) return this.#throw("the platform is installed already");
    const [turn, configure, adopt] = [1, 2, 3].map((index) => vm.argument(argc, argv, index));
    if (!turn || !configure || !adopt) return this.#throw("install takes three functions");
    const hold = (value: number) => vm.exports.qjs_dup_value(value);
    this.installed = { turn: hold(turn), configure: hold(configure), adopt: hold(adopt) };
    return this.#undefined();
  }

  #passOn(argc: number, argv: number): number {
    const vm = this.#vm;
    const [id, next, answer] = [1, 2, 3].map((index) => vm.argument(argc, argv, index));
    const { subrequest, passOn } = EFFECT;
    this.#effects.final =
      settlesOnly(vm.words, next!, answer!) &&
      this.#effects.change(subrequest, vm.integer(id!), needsNoArena, passOn);
    return this.#undefined();
  }

  #randomBytes(view: number): number {
    const { pointer, bytes } = this.#effects.bytes(view);
    if (bytes > RANDOM_BYTES_MAX) return this.#throw(`at most ${RANDOM_BYTES_MAX} random bytes at a time`);
    this.#vm.bytes.set(randomBytes(bytes), pointer);
    return this.#undefined();
  }

  #crypto(argc: number, argv: number): number {
    const vm = this.#vm;
    if (argc > CRYPTO_ARGUMENTS_MAX) return this.#throw("too many arguments");
    const name = this.#effects.text(vm.argument(argc, argv, 1));
    const json = this.#effects.text(vm.argument(argc, argv, 2));
    if (name.bytes + json.bytes > CRYPTO_TEXT_BYTES_MAX)
      return this.#throw("DataError: the parameters are too long");
    const operation = effectText(vm.bytes, name.pointer, name.bytes);
    const parameters = effectText(vm.bytes, json.pointer, json.bytes);
    // Views, not copies: while the arena is in this call nobody else touches it.
    const buffers: Uint8Array[] = [];
    for (let index = 3; index < argc; index++) {
      const { pointer, bytes } = this.#effects.bytes(vm.argument(argc, argv, index));
      buffers.push(effectBody(vm.bytes, pointer, bytes));
    }
    try {
      const result = cryptoCall(operation, parameters, buffers);
      return typeof result === "string" ? vm.newString(result) : this.#newBytes(result);
    } catch (error) {
      if (error instanceof ArenaAbort) throw error;
      return this.#throw(error instanceof Error ? error.message : "the operation failed");
    }
  }

  #newBytes(data: Uint8Array): number {
    const vm = this.#vm;
    const pointer = vm.allocate(data.length || 1);
    vm.bytes.set(data, pointer);
    const value = vm.exports.qjs_new_uint8_array(pointer, data.length);
    vm.exports.free(pointer);
    return value;
  }

  /** Ends a turn: what was rejected in it without anybody listening goes to the log. */
  reportFloating(): void {
    if (!this.floating.any) return;
    // After the last effect nothing runs any more, not even what might have come to listen.
    if (this.#vm.exports.qjs_is_job_pending()) this.floating.forget();
    this.floating.take((reason) => this.#reportRejection(reason));
  }

  #reportRejection(reason: number): void {
    // A turn that has used up its effects is not to fail for a line of the log.
    if (this.#effects.count === MAX_EFFECTS) return;
    const vm = this.#vm;
    const stack = vm.propertyText(reason, "stack").trimEnd();
    const text = vm.newString(
      `Unhandled rejection: ${vm.describe(reason)}${stack === "" ? "" : `\n${stack}`}`,
    );
    this.#effects.addLog(EFFECT.log, LOG_LEVEL.error, text);
    vm.exports.qjs_free_value(text);
  }

  #undefined(): number {
    const scratch = this.#vm.layout.mailboxStart + 112;
    this.#vm.putUndefined(scratch);
    return this.#vm.exports.qjs_dup_value(scratch);
  }

  #throw(message: string): number {
    this.#vm.throwError(message);
    return 0;
  }
}
