/**
 * Turns run right here, by the arena thread's own code, without a thread between: what the engine and the reset cost, and
 * what the I/O thread pays to write a request into an arena and to read an answer from it.
 */
import type { Image } from "../../../gateway/arena/arenas.ts";
import { JOB, MAILBOX, OUTCOME, SLOT } from "../../../gateway/arena/control.ts";
import { effectBody, effectText, readEffect } from "../../../gateway/arena/effects.ts";
import { SlotVm } from "../../../gateway/arena/slot-vm.ts";
import { TurnClock } from "../../../gateway/arena/turn-clock.ts";
import { EFFECT, EVENT } from "../../../gateway/handle/abi.ts";
import { EVENT_BYTES_MAX, startFlags } from "../../../gateway/handle/run.ts";
import { faultOfFields } from "../../../gateway/proxy/headers.ts";
import { cpuBetween, readCpu } from "../measure/cpu.ts";
import type { Lab } from "./lab.ts";
import { MEASURE_MS, type Times, timed } from "./timing.ts";

const CPU_US = 1_000_000;

export interface TurnTimes {
  /** The handler's whole turn, and the arena made new. */
  turn: Times;
  /** The arena made new, nothing else. */
  reset: Times;
  /** The request written, the answer read: the I/O thread's part. */
  marshalling: Times;
  /** CPU time of a turn with its marshalling, on average; null where the kernel does not tell. */
  turnCpuUs: number | null;
}

export function timeTurns({ engine, arenas, slot }: Lab, image: Image, head: string): TurnTimes {
  const { control, bytes, words, layout, memory } = slot;
  const allControl = new Int32Array(control.buffer);
  const arena = { memory, layout };
  const vm = new SlotVm(
    engine,
    arenas.images.memory,
    arena,
    allControl,
    slot.index,
    new TurnClock(),
    undefined,
  );
  const write = (): void => {
    control[SLOT.job] = JOB.turn;
    control[SLOT.image] = image.span.offset;
    control[SLOT.event] = EVENT.start;
    control[SLOT.flag] = startFlags(head, false);
    control[SLOT.textBytes] = bytes.write(head, layout.mailboxStart + MAILBOX.bytes, EVENT_BYTES_MAX, "utf8");
    control[SLOT.dataBytes] = -1;
    control[SLOT.cpuLeftUs] = CPU_US;
  };
  const read = (): void => {
    const effect = readEffect(words, layout, 0);
    const fields = effectText(bytes, effect.textPointer, effect.textBytes).split("\n");
    if (effect.effect !== EFFECT.respond || faultOfFields(fields))
      throw new Error("the handler did not answer");
    effectBody(bytes, effect.bodyPointer, effect.bodyBytes);
  };
  const turn = timed(() => vm.run(), write);
  if (control[SLOT.outcome] !== OUTCOME.clean)
    throw new Error(`the turn ended with ${control[SLOT.outcome]}`);
  // In this order: the request is written where the answer stood.
  const roundTrip = (): void => {
    read();
    write();
  };
  const marshalling = timed(roundTrip, () => {
    write();
    vm.run();
  });
  const reset = timed(
    () => vm.run(),
    () => (control[SLOT.job] = JOB.reset),
  );
  const whole = (): void => {
    write();
    vm.run();
    read();
  };
  return { turn, reset, marshalling, turnCpuUs: cpuOf(whole) };
}

/** On average. */
function cpuOf(action: () => void): number | null {
  const before = readCpu(process.pid);
  const endMs = performance.now() + MEASURE_MS;
  let count = 0;
  for (; performance.now() < endMs; count++) action();
  const cpu = cpuBetween(before, readCpu(process.pid));
  return cpu && cpu.io / count;
}
