/** Routes against the size of their arenas: would a smaller one do, or is one too small? */
import type { LiveView, RouteView } from "../views/shapes.ts";
import { byId, element, setAttribute, setText } from "./dom.ts";
import { bytes, number } from "./format.ts";
import { sizing } from "./sizing.ts";
import { type Column, Table } from "./table.ts";

export function routes(): (view: LiveView) => void {
  const table = new Table<RouteView>(
    "Arena use by route",
    COLUMNS,
    ({ name }) => name,
    "No routes are configured.",
  );
  const rest = element("p", { class: "note" });
  byId("route-list").append(table.root, rest);
  return ({ routes, routesInAll }) => {
    table.update(routes);
    rest.hidden = routesInAll === routes.length;
    setText(rest, `${routesInAll - routes.length} more routes are in /metrics.`);
  };
}

const COLUMNS: readonly Column<RouteView>[] = [
  { name: "route", kind: "code", text: ({ name }) => name },
  { name: "requests", kind: "number", text: ({ requests }) => number(requests) },
  { name: "5xx", kind: "number", text: ({ failed5xx }) => number(failed5xx) },
  { name: "pool", text: ({ handler }) => handler?.pool ?? "proxy" },
  { name: "peak of its arena", text: peakText, cell: () => new PeakCell() },
  { name: "verdict", text: verdict },
];

function verdict({ breaker, handler }: RouteView): string {
  const rest = breaker === "open" ? "rests (breaker open)" : breaker === "half-open" ? "is tried again" : "";
  return [rest, handler ? sizing(handler) : ""].filter((part) => part !== "").join(", ");
}

function peakText({ handler }: RouteView): string {
  return handler && handler.highestPeakBytes > 0
    ? `${bytes(handler.highestPeakBytes)} of ${bytes(handler.arenaBytes)}`
    : "–";
}

/** One bar per part of the arena, as high as requests peaked there, on a logarithmic scale. */
class PeakCell {
  readonly root: HTMLElement;
  readonly #marks = element("span", { class: "marks", attributes: { "aria-hidden": "true" } });
  readonly #text = element("span", { class: "figures" });

  constructor() {
    this.root = element("span", { class: "peak" }, this.#marks, this.#text);
  }

  update(route: RouteView): void {
    const marks = route.handler?.marks ?? [];
    while (this.#marks.childElementCount < marks.length) this.#marks.append(element("i"));
    const highest = Math.log1p(Math.max(1, ...marks));
    marks.forEach((count, at) => {
      const mark = this.#marks.children[at] as HTMLElement;
      mark.style.height = count === 0 ? "0" : `${Math.max(12, (Math.log1p(count) / highest) * 100)}%`;
    });
    this.#marks.hidden = marks.length === 0;
    setAttribute(this.#marks, "data-full", String((route.handler?.failures["memory"] ?? 0) > 0));
    setText(this.#text, peakText(route));
  }
}
