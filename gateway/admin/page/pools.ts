/** Pools as rows of cells, gates without arenas as bars, and who has held a slot for longest. */
import type { GateView, HeldSlotView, LivePool, LiveView } from "../views/shapes.ts";
import { byId, element, type Row, Rows, setAttribute, setText } from "./dom.ts";
import { bytes, duration, plural } from "./format.ts";
import { Meter } from "./meter.ts";
import { type Column, Table } from "./table.ts";

export function pools(): (view: LiveView) => void {
  const list = byId("pool-list");
  const arenas = list.appendChild(element("div"));
  const others = list.appendChild(element("div"));
  const poolRows = new Rows<LivePool>(
    arenas,
    ({ name }) => name,
    () => new PoolRow(),
  );
  const gateRows = new Rows<GateView>(
    others,
    ({ name }) => name,
    () => new GateRow(),
  );
  const held = new Table<HeldSlotView>(
    "Slots held longest",
    HELD,
    ({ pool, slot }) => `${pool} ${slot}`,
    "No slot is taken.",
  );
  byId("held").append(held.root);
  return (view) => {
    poolRows.update(view.pools);
    gateRows.update(view.gates);
    held.update(view.longestHeld);
  };
}

const HELD: readonly Column<HeldSlotView>[] = [
  { name: "for", kind: "number", text: ({ heldMs }) => duration(heldMs) },
  { name: "route", kind: "code", text: ({ route }) => route ?? "?" },
  { name: "slot", text: ({ pool, slot }) => `${pool} ${slot}` },
  { name: "request id", kind: "code", text: ({ requestId }) => requestId ?? "?" },
];

class GateRow implements Row<GateView> {
  readonly root: HTMLElement = element("div", { class: "pool" });
  readonly #name = element("h3");
  readonly #slots = new Meter();
  readonly #queue = new Meter();
  readonly #refused = element("p", { class: "refused" });

  constructor() {
    const figures = element(
      "div",
      { class: "figures-row" },
      this.#slots.root,
      this.#queue.root,
      this.#refused,
    );
    this.root.append(this.#name, figures);
  }

  update(view: GateView): void {
    const { slots, inUse, highWater, waiting, waitingHighWater, queueLength, queueWaitMs } = view;
    setText(this.#name, this.title(view));
    this.#slots.update(
      inUse,
      slots,
      `${inUse} of ${plural(slots, "slot")} taken, ${highWater} at most`,
      highWater,
    );
    const queue = `${waiting} of ${queueLength} waiting up to ${duration(queueWaitMs)}, ${waitingHighWater} at most`;
    this.#queue.root.hidden = queueLength === 0;
    this.#queue.update(waiting, queueLength, queue, waitingHighWater);
    setText(this.#refused, refusals(view));
  }

  protected title({ name }: GateView): string {
    return name === "proxy" ? "proxy: requests without a handler" : name;
  }
}

function refusals({ refusedQueueFull, refusedWaitExpired }: GateView): string {
  const parts = [];
  if (refusedQueueFull > 0) parts.push(`${refusedQueueFull} refused: queue full`);
  if (refusedWaitExpired > 0) parts.push(`${refusedWaitExpired} refused: waited too long`);
  return parts.join(", ");
}

class PoolRow extends GateRow implements Row<LivePool> {
  readonly #cells = element("div", { class: "cells", attributes: { role: "img" } });
  readonly #shown: Cell[] = [];

  constructor() {
    super();
    this.root.append(this.#cells);
  }

  override update(view: LivePool): void {
    super.update(view);
    const { states, usedPercent, peakPercent } = view;
    while (this.#shown.length < states.length) this.#add();
    this.#shown.forEach((cell, at) =>
      cell.update(states[at] ?? "f", usedPercent[at] ?? 0, peakPercent[at] ?? 0),
    );
    setAttribute(this.#cells, "aria-label", spoken(view));
  }

  protected override title(view: LivePool): string {
    return `${view.name}: arenas of ${bytes(view.arenaBytes)}`;
  }

  #add(): void {
    const cell = new Cell();
    this.#shown.push(cell);
    this.#cells.append(cell.root);
  }
}

const SPOKEN = { r: "running", w: "being made clean", c: "condemned", f: "free" } as const;

function spoken({ states }: LivePool): string {
  const counts = Object.entries(SPOKEN).map(([letter, word]) => [
    [...states].filter((state) => state === letter).length,
    word,
  ]);
  return counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])).join(", ");
}

/** One slot; only what has changed is written, as there may be thousands. */
class Cell {
  readonly root = element("i", { class: "cell" });
  #state = "";
  #used = -1;
  #peak = -1;

  update(state: string, used: number, peak: number): void {
    if (state !== this.#state) this.root.dataset["state"] = this.#state = state;
    if (used !== this.#used) this.root.style.setProperty("--used", `${(this.#used = used)}%`);
    if (peak === this.#peak) return;
    this.root.style.setProperty("--peak", `${(this.#peak = peak)}%`);
    this.root.toggleAttribute("data-mark", peak > 0);
  }
}
