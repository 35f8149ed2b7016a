/** The plan as a stacked bar, with what is used and what is allowed on it. */
import type { LiveView, PlanView, TermView } from "../views/shapes.ts";
import { byId, element, setAttribute, setText } from "./dom.ts";
import { bytes, percent } from "./format.ts";
import { type Column, Table } from "./table.ts";

/** Terms with a colour of their own; the others share one. */
const COLOURED = 8;
/** Beyond this many plans, the limit is not on the bar: the plan would be a sliver. */
const LIMIT_ON_BAR = 2;

export function memory(): (view: LiveView) => void {
  const bar = element("div", { class: "plan", attributes: { role: "img" } });
  const facts = element("p");
  const legend = element("ul", { class: "legend plan-terms" });
  const marks = new Marks();
  const table = new Table<ColouredTerm>(
    "Terms of the plan",
    COLUMNS,
    ({ name }) => name,
    "The plan is empty.",
  );
  const terms = element("details", {}, element("summary", {}, "Terms of the plan"), table.root);
  byId("memory-view").append(facts, element("div", { class: "plan-frame" }, bar, marks.root), legend, terms);
  let drawn = "";
  return ({ plan }) => {
    const scale = scaleOf(plan);
    const coloured = colour(plan.terms);
    const text = JSON.stringify([plan.terms, scale]);
    if (text !== drawn) {
      bar.replaceChildren(...coloured.map((term) => segment(term, scale)));
      legend.replaceChildren(...coloured.slice(0, COLOURED).map(entry));
    }
    drawn = text;
    setText(facts, inWords(plan));
    setAttribute(bar, "aria-label", inWords(plan));
    marks.update(plan, scale);
    table.update(coloured);
  };
}

interface ColouredTerm extends TermView {
  readonly colour: string;
}

function colour(terms: readonly TermView[]): ColouredTerm[] {
  const sorted = [...terms].sort((a, b) => b.bytes - a.bytes);
  return sorted.map((term, at) => ({ ...term, colour: at < COLOURED ? String(at) : "rest" }));
}

function segment({ name, bytes: size, colour }: ColouredTerm, scale: number): HTMLElement {
  const made = element("span", {
    class: "segment",
    title: `${name}: ${bytes(size)}`,
    attributes: { "data-colour": colour },
  });
  made.style.width = `${percent(size, scale)}%`;
  return made;
}

/** The large terms by name, for those who do not open the table. */
function entry({ name, bytes: size, colour }: ColouredTerm): HTMLElement {
  const swatch = element("i", { class: "swatch", attributes: { "data-colour": colour } });
  return element("li", {}, swatch, `${name} ${bytes(size)}`);
}

function scaleOf({ totalBytes, limitBytes, peakRssBytes }: PlanView): number {
  const limit = limitBytes !== null && limitBytes <= LIMIT_ON_BAR * totalBytes ? limitBytes : 0;
  return Math.max(totalBytes, limit, peakRssBytes) * 1.02;
}

function inWords({ rssBytes, peakRssBytes, totalBytes, limitBytes, limitSource }: PlanView): string {
  const limit =
    limitBytes === null ? "No limit is set" : `The limit is ${bytes(limitBytes)} (${limitSource})`;
  return `In use: ${bytes(rssBytes)}, at most ${bytes(peakRssBytes)} so far. The plan: never more than ${bytes(totalBytes)}. ${limit}.`;
}

class Marks {
  readonly root = element("div", { class: "plan-marks", attributes: { "aria-hidden": "true" } });
  readonly #rss = element("span", { class: "plan-mark", attributes: { "data-mark": "rss" } }, "in use");
  readonly #peak = element("span", { class: "plan-mark", attributes: { "data-mark": "peak" } }, "most");
  readonly #limit = element("span", { class: "plan-mark", attributes: { "data-mark": "limit" } }, "limit");

  constructor() {
    this.root.append(this.#rss, this.#peak, this.#limit);
  }

  update({ rssBytes, peakRssBytes, limitBytes, totalBytes }: PlanView, scale: number): void {
    place(this.#rss, percent(rssBytes, scale));
    place(this.#peak, percent(peakRssBytes, scale));
    this.#limit.hidden = limitBytes === null || limitBytes > LIMIT_ON_BAR * totalBytes;
    place(this.#limit, percent(limitBytes ?? 0, scale));
  }
}

/** Near the right edge a mark's text stands to its left. */
function place(mark: HTMLElement, leftPercent: number): void {
  mark.style.left = `${leftPercent}%`;
  setAttribute(mark, "data-side", leftPercent > 85 ? "left" : "right");
}

const COLUMNS: readonly Column<ColouredTerm>[] = [
  { name: "term", text: ({ name }) => name, cell: () => new TermCell() },
  { name: "bytes", kind: "number", text: ({ bytes: size }) => bytes(size) },
  { name: "how it comes about", text: ({ reason }) => reason },
  { name: "who keeps it", kind: "code", text: ({ owner }) => owner },
];

class TermCell {
  readonly root = element("span");
  readonly #swatch = element("i", { class: "swatch" });
  readonly #name = element("span");

  constructor() {
    this.root.append(this.#swatch, this.#name);
  }

  update({ name, colour }: ColouredTerm): void {
    setText(this.#name, name);
    setAttribute(this.#swatch, "data-colour", colour);
  }
}
