/** Where requests are sent, and whether it is well there. */
import type { LiveView, TargetView } from "../views/shapes.ts";
import { byId, element, setAttribute, setText } from "./dom.ts";
import { number } from "./format.ts";
import { type Column, Table } from "./table.ts";

export function targets(): (view: LiveView) => void {
  const keyOf = ({ upstream, target }: TargetView) => `${upstream} ${target}`;
  const table = new Table<TargetView>("Upstream targets", COLUMNS, keyOf, "No upstreams are configured.");
  const rest = element("p", { class: "note" });
  byId("target-list").append(table.root, rest);
  return ({ targets, targetsInAll }) => {
    table.update(targets);
    rest.hidden = targetsInAll === targets.length;
    setText(
      rest,
      `${targetsInAll - targets.length} more targets are not shown; the doubtful ones come first.`,
    );
  };
}

const COLUMNS: readonly Column<TargetView>[] = [
  { name: "upstream", text: ({ upstream }) => upstream },
  { name: "target", kind: "code", text: ({ target }) => target },
  { name: "state", text: ({ state }) => state, cell: () => new StateCell() },
  { name: "running", kind: "number", text: ({ running }) => number(running) },
  { name: "waiting", kind: "number", text: ({ waiting }) => number(waiting) },
  { name: "connections", kind: "number", text: ({ connections }) => number(connections) },
  { name: "requests", kind: "number", text: ({ requests }) => number(requests) },
  { name: "failures", kind: "number", text: ({ failures }) => number(failures) },
];

class StateCell {
  readonly root = element("span", { class: "state" });

  update({ state }: TargetView): void {
    setText(this.root, state);
    setAttribute(
      this.root,
      "data-state",
      state === "healthy" ? "ok" : state === "half-open" ? "warn" : "bad",
    );
  }
}
