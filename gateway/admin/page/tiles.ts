/** The figures of now. */
import type { LiveView, PointView } from "../views/shapes.ts";
import { byId, element, setAttribute, setText } from "./dom.ts";
import { duration, number } from "./format.ts";
import { Sparkline } from "./sparkline.ts";

interface Tile {
  readonly name: string;
  readonly title: string;
  readonly text: (view: LiveView) => string;
  readonly line?: (point: PointView) => number | null;
  /** When the figure itself is bad news. */
  readonly alarming?: (view: LiveView) => boolean;
}

const TILES: readonly Tile[] = [
  {
    name: "requests/s",
    title: "over the last 10 seconds",
    text: ({ rates }) => number(rates.requestsPerSecond),
    line: ({ requests }) => requests,
  },
  {
    name: "p50",
    title: "half of the requests took less",
    text: ({ rates }) => duration(rates.p50Ms),
    line: ({ p50Ms }) => p50Ms,
  },
  {
    name: "p99",
    title: "99 % of the requests took less",
    text: ({ rates }) => duration(rates.p99Ms),
    line: ({ p99Ms }) => p99Ms,
  },
  {
    name: "wait p99",
    title: "for a slot, of those that got one",
    text: ({ rates }) => duration(rates.waitP99Ms),
  },
  {
    name: "waiting",
    title: "for a slot, now",
    text: ({ pools, gates }) => number([...pools, ...gates].reduce((sum, { waiting }) => sum + waiting, 0)),
    line: ({ waiting }) => waiting,
  },
  {
    name: "refused/s",
    title: "answered 503",
    text: ({ rates }) => number(rates.refusedPerSecond),
    line: ({ refused }) => refused,
    alarming: ({ rates }) => rates.refusedPerSecond > 0,
  },
  {
    name: "handler failures/s",
    title: "aborted or threw",
    text: ({ rates }) => number(rates.failuresPerSecond),
    line: ({ failures }) => failures,
    alarming: ({ rates }) => rates.failuresPerSecond > 0,
  },
  {
    name: "slots in use",
    title: "all pools and the proxy",
    text: ({ pools, gates }) => number([...pools, ...gates].reduce((sum, { inUse }) => sum + inUse, 0)),
    line: ({ inUse }) => inUse,
  },
  {
    name: "connections",
    title: "of clients",
    text: ({ gateway }) => `${gateway.connections} of ${gateway.connectionsMax}`,
  },
  {
    name: "I/O thread busy",
    title: "the part of the last second",
    text: ({ rates }) => `${Math.round(rates.loopBusy * 100)} %`,
  },
];

export function tiles(): (view: LiveView) => void {
  const updates = TILES.map(({ name, title, text, line, alarming }) => {
    const value = element("dd");
    const spark = line && new Sparkline();
    const tile = element(
      "div",
      { class: "tile", title },
      element("dt", {}, name),
      value,
      ...(spark ? [spark.root] : []),
    );
    byId("tiles").append(tile);
    return (view: LiveView) => {
      setText(value, text(view));
      setAttribute(tile, "data-alarm", String(alarming?.(view) ?? false));
      if (line) spark?.update(view.points.map(line));
    };
  });
  return (view) => updates.forEach((update) => update(view));
}
