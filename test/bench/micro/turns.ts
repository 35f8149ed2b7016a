/**
 * Turns run right here, by the arena thread's own code, without a thread between: what the engine and the reset cost, and
 * what the I/O thread pays to write a request into an arena and to read an answer from it.
 */
import type { Image } from "../../../gateway/arena/images.ts";
import { JOB, LETTER, OUTCOME } from "../../../gateway/arena/control.ts";
import { Letter, effectBody, effectText } from "../../../gateway/arena/letters.ts";
import { SlotVm } from "../../../gateway/arena/slot-vm.ts";
import { TurnClock } from "../../../gateway/arena/turn-clock.ts";
import { EFFECT, EVENT } from "../../../gateway/handle/abi.ts";
import { startFlags } from "../../../gateway/handle/run.ts";
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
  const { control, layout, memory } = slot;
  const allControl = new Int32Array(control.buffer);
  const { memory: images, capacityBytes } = arenas.images.store;
  const letter = new Letter(images.buffer, capacityBytes, 0);
  const { words } = letter;
  const arena = { memory, layout };
  const surroundings = { engine, images, control: allControl, clock: new TurnClock(), growth: undefined };
  const vm = new SlotVm(surroundings, slot.index, arena, letter);
  const write = (): void => {
    words[LETTER.job] = JOB.turn;
    words[LETTER.image] = image.span.offset;
    words[LETTER.event] = EVENT.start;
    words[LETTER.flag] = startFlags(head, false);
    words[LETTER.cpuLeftUs] = CPU_US;
    letter.putEvent(head, undefined);
  };
  const read = (): void => {
    const effect = letter.effect(0, letter.bytes);
    const fields = effectText(effect.bytes, effect.textPointer, effect.textBytes).split("\n");
    if (effect.effect !== EFFECT.respond || faultOfFields(fields))
      throw new Error("the handler did not answer");
    effectBody(effect.bytes, effect.bodyPointer, effect.bodyBytes);
  };
  const turn = timed(() => vm.run(letter), write);
  if (words[LETTER.outcome] !== OUTCOME.clean)
    throw new Error(`the turn ended with ${words[LETTER.outcome]}`);
  // In this order: the request is written where the answer stood.
  const roundTrip = (): void => {
    read();
    write();
  };
  const marshalling = timed(roundTrip, () => {
    write();
    vm.run(letter);
  });
  const reset = timed(
    () => vm.run(letter),
    () => (words[LETTER.job] = JOB.reset),
  );
  const whole = (): void => {
    write();
    vm.run(letter);
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
