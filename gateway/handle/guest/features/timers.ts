/**
 * setTimeout and setInterval (HTML standard, section 8.6). The host is asked to wake us for the nearest timer only,
 * and each wake-up runs one timer: the microtasks of the first must have run before the second, even if both are
 * due, and a turn's end is where microtasks have run.
 */
import { CALL, EFFECT } from "../../abi.ts";
import { defineGlobals } from "../global.ts";
import { host } from "../host.ts";
import { assertInRequest } from "../life/context.ts";
import { reportException } from "../life/report.ts";
import { features } from "../life/features.ts";
import { forgetWith, leftovers } from "../life/leftovers.ts";
import { underWayWhile } from "../life/under-way.ts";

interface Timer {
  id: number;
  dueMs: number;
  callback: (...values: unknown[]) => void;
  values: unknown[];
  /** -1 for a timeout. */
  everyMs: number;
}

/** Sorted by due time, then by age. */
let timers: Timer[] = [];
let lastId = 0;
/** What the host was asked for. */
let armedMs = Infinity;
let arming = false;
const queueTask = queueMicrotask;

function now(): number {
  return host(CALL.now) as number;
}

function insert(timer: Timer): void {
  let at = timers.length;
  while (at > 0 && timers[at - 1]!.dueMs > timer.dueMs) at--;
  timers.splice(at, 0, timer);
}

/**
 * Asks to be woken for the nearest timer, once for all that a task sets. One that was cleared is not called off: the
 * wake-up finds nothing to do, which costs less than telling the host about every timer that comes and goes.
 */
function arm(): void {
  const dueMs = timers.length === 0 ? Infinity : timers[0]!.dueMs;
  if (dueMs >= armedMs || arming) return;
  arming = true;
  queueTask(() => {
    arming = false;
    const nearestMs = timers.length === 0 ? Infinity : timers[0]!.dueMs;
    if (nearestMs >= armedMs) return;
    armedMs = nearestMs;
    // Whole milliseconds, rounded up: the host's timers must not come before their time.
    host(EFFECT.timer, Math.max(0, Math.ceil(nearestMs - now())));
  });
}

function add(name: string, callback: unknown, delay: unknown, values: unknown[], repeat: boolean): number {
  if (typeof callback !== "function") throw new TypeError(`${name}: the callback is not a function`);
  assertInRequest(name);
  // Web IDL's long: what does not fit wraps around, and what is negative is now.
  const delayMs = Math.max(0, Number(delay) | 0);
  leftovers.any = true;
  const nowMs = now();
  const id = ++lastId;
  insert({
    id,
    dueMs: nowMs + delayMs,
    callback: callback as Timer["callback"],
    values,
    everyMs: repeat ? Math.max(1, delayMs) : -1,
  });
  arm();
  return id;
}

function clear(id: unknown): void {
  const at = timers.findIndex((timer) => timer.id === Number(id));
  if (at >= 0) timers.splice(at, 1);
}

function onTimer(): void {
  armedMs = Infinity;
  const startMs = now();
  const timer = timers[0];
  if (timer && timer.dueMs <= startMs) {
    timers.shift();
    if (timer.everyMs >= 0) insert({ ...timer, dueMs: startMs + timer.everyMs });
    run(timer);
  }
  arm();
}

function run({ callback, values }: Timer): void {
  try {
    callback.apply(globalThis, values);
  } catch (error) {
    reportException(error, "A timer's callback threw");
  }
}

export function setTimeout(callback: unknown, delay?: unknown, ...values: unknown[]): number {
  return add("setTimeout", callback, delay, values, false);
}

export function clearTimeout(id?: unknown): void {
  clear(id);
}

function setInterval(callback: unknown, delay?: unknown, ...values: unknown[]): number {
  return add("setInterval", callback, delay, values, true);
}

function clearInterval(id?: unknown): void {
  clear(id);
}

features.onTimer = onTimer;
underWayWhile(() => timers.length > 0);
forgetWith(() => {
  timers = [];
  armedMs = Infinity;
  arming = false;
});
defineGlobals({ setTimeout, clearTimeout, setInterval, clearInterval });
