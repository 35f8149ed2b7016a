/** Pools and their slots as they are now, read from the words that the slots share with their threads. */
import type { Gate } from "../../admit/gate.ts";
import type { Arenas } from "../../arena/arenas.ts";
import { SLOT } from "../../arena/control.ts";
import { MAILBOX_BYTES, PAGE_BYTES } from "../../arena/layout.ts";
import type { Slot } from "../../arena/slots.ts";
import type { Sources } from "../sources.ts";
import type { GateView, PoolView, SlotState, SlotView, SlotsView } from "./shapes.ts";

export function slotsView({ arenas, gateway }: Sources): SlotsView {
  const pools: PoolView[] = [];
  const gates: GateView[] = [];
  for (const [name, gate] of gateway.gates) {
    const view = gateView(name, gate);
    const pool = arenas.pools.get(name);
    if (!pool) gates.push(view);
    else {
      const slotList = pool.slots.map((slot) => slotView(slot, arenas));
      pools.push({ ...view, arenaBytes: pool.arenaBytes, slotList });
    }
  }
  return { pools, gates };
}

export function gateView(name: string, gate: Gate): GateView {
  const { queueLength, queueWaitMs } = gate.options;
  const { slots, active, highWater, waiting, waitingHighWater, admitted, admittedAfterWait, refused } =
    gate.counters();
  return {
    name,
    slots,
    inUse: active,
    highWater,
    waiting,
    waitingHighWater,
    queueLength,
    queueWaitMs,
    admitted,
    admittedAfterWait,
    refusedQueueFull: refused.ADMIT_QUEUE_FULL,
    refusedWaitExpired: refused.ADMIT_WAIT_EXPIRED,
  };
}

function slotView(slot: Slot, arenas: Arenas): SlotView {
  const { index, control, leased, peakBytes, condemnedTimes } = slot;
  const state = stateOf(slot, arenas);
  const holder = arenas.tenantOf(slot)?.holder;
  return {
    index,
    state,
    usedBytes: leased ? control[SLOT.topPages]! * PAGE_BYTES + MAILBOX_BYTES : 0,
    peakBytes,
    condemnedTimes,
    requestId: holder?.requestId ?? null,
    route: holder?.route ?? null,
    heldMs: holder ? Math.round(performance.now() - holder.sinceMs) : null,
  };
}

/** A condemned slot that nobody holds is wiped when it is next taken, so for admission it is free; people see the truth. */
function stateOf(slot: Slot, arenas: Arenas): SlotState {
  if (slot.control[SLOT.condemned]) return "condemned";
  if (!slot.leased) return "free";
  return arenas.isResetting(slot) ? "resetting" : "running";
}
