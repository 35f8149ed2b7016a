/** What ended handlers before their time: one entry per cause and source line, the latest first. */
import type { FailureGroupView, LiveView, OverflowsView } from "../views/shapes.ts";
import { byId, element, type Row, Rows, setAttribute, setText } from "./dom.ts";
import { ago, bytes, duration, number, plural } from "./format.ts";
import { CAUSES } from "./verdict.ts";

export function failures(): (view: LiveView) => void {
  const nothing = element("p", { class: "note" }, "No handler was aborted and none threw since the start.");
  const list = element("div");
  const rest = element("p", { class: "note" });
  byId("failure-list").append(nothing, list, rest);
  let nowMs = 0;
  const rows = new Rows<FailureGroupView>(list, keyOf, () => new GroupRow(() => nowMs));
  return ({ failures, time }) => {
    nowMs = Date.parse(time);
    nothing.hidden = failures.count > 0;
    rows.update(failures.groups);
    setText(rest, summary(failures));
    rest.hidden = failures.count === 0;
  };
}

function summary({ count, groups, groupsForgotten }: OverflowsView): string {
  const forgotten = groupsForgotten === 0 ? "" : ` ${groupsForgotten} older places had to make room.`;
  return `${plural(count, "failure")} since the start; the latest ${plural(groups.length, "place")} here, more in /api/overflows.${forgotten}`;
}

function keyOf({ route, cause, at }: FailureGroupView): string {
  return `${route} ${cause} ${at}`;
}

class GroupRow implements Row<FailureGroupView> {
  readonly root: HTMLElement;
  readonly #now: () => number;
  readonly #count = element("b", { class: "count" });
  readonly #cause = element("span", { class: "badge" });
  readonly #at = element("code");
  readonly #route = element("span");
  readonly #seen = element("span", { class: "seen" });
  readonly #frame = element("pre", { attributes: { "tabindex": "0", "aria-label": "Source line" } });
  readonly #facts = element("dl", { class: "facts" });

  constructor(now: () => number) {
    this.#now = now;
    const parts = [this.#count, this.#cause, this.#at, this.#route, this.#seen];
    // With spaces between them, so that a narrow screen breaks the line there.
    const line = element("summary", {}, ...parts.flatMap((part) => [part, " "]));
    this.root = element("details", { class: "failure" }, line, this.#frame, this.#facts);
  }

  update(group: FailureGroupView): void {
    const { count, cause, at, route, lastSeen, last } = group;
    setText(this.#count, `${number(count)}×`);
    setText(this.#cause, CAUSES[cause] ?? cause);
    setAttribute(this.#cause, "data-cause", cause);
    setText(this.#at, at ?? "source line unknown");
    setText(this.#route, `on ${route ?? "no route"}`);
    setText(this.#seen, ago(lastSeen, this.#now()));
    setText(this.#frame, last.codeFrame);
    this.#frame.hidden = last.codeFrame === "";
    this.#fill(factsOf(group));
  }

  #fill(facts: readonly (readonly [string, string])[]): void {
    const text = JSON.stringify(facts);
    if (this.#facts.dataset["facts"] === text) return;
    this.#facts.dataset["facts"] = text;
    this.#facts.replaceChildren(
      ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
    );
  }
}

function factsOf({
  cause,
  askedBytes,
  arenaPeakBytes,
  firstSeen,
  last,
  pool,
}: FailureGroupView): [string, string][] {
  const facts: [string, string][] = [["last request", `${last.method} ${last.path}, id ${last.requestId}`]];
  if (last.function !== null)
    facts.push([
      "function",
      last.precision === "function" ? `${last.function} (line where it begins)` : last.function,
    ]);
  if (cause === "memory") {
    facts.push([
      "memory",
      `asked for ${bytes(askedBytes)} more in an arena of ${bytes(last.arenaBytes)} (pool ${pool})`,
    ]);
  } else {
    facts.push(["memory", `at most ${bytes(arenaPeakBytes)} of ${bytes(last.arenaBytes)}`]);
  }
  facts.push(["CPU time", duration(last.cpuMs)]);
  // For an overflow, the line above says it already.
  if (last.reason !== null && last.reason !== cause && cause !== "memory")
    facts.push(["reason", last.reason]);
  if (last.stack.length > 1) facts.push(["called from", last.stack.slice(1).join(" ← ")]);
  facts.push(["first seen", `${firstSeen.slice(0, 19).replace("T", " ")} UTC`], ["trace", last.traceId]);
  return facts;
}
