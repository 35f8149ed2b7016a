/**
 * The Prometheus text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), written
 * piece by piece: a family is never in memory as a whole, and between two pieces the I/O thread serves requests. That,
 * and the cost of counting on a request's way, is why no client library does it (measured in README.md beside this file).
 */
import type { Histogram } from "../shared/histogram.ts";

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One metric by name. `blocks` are lines that belong together; each is made when it is wanted. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  blocks(): Iterable<string>;
}

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

export function counter(name: string, help: string, samples: () => Iterable<Sample>): Family {
  return { name, help, type: "counter", blocks: () => lines(name, samples()) };
}

export function gauge(name: string, help: string, samples: () => Iterable<Sample>): Family {
  return { name, help, type: "gauge", blocks: () => lines(name, samples()) };
}

export function histogram(
  name: string,
  help: string,
  series: () => Iterable<readonly [labels: Labels, histogram: Histogram]>,
): Family {
  return { name, help, type: "histogram", blocks: () => histogramBlocks(name, series()) };
}

/** A metric without labels. */
export function single(value: number): Sample[] {
  return [[{}, value]];
}

export function* exposition(families: Iterable<Family>): Generator<string> {
  for (const { name, help, type, blocks } of families) {
    yield `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    yield* blocks();
  }
}

function* lines(name: string, samples: Iterable<Sample>): Generator<string> {
  for (const [labels, value] of samples) yield `${name}${braced(pairs(labels))} ${format(value)}\n`;
}

function* histogramBlocks(name: string, series: Iterable<readonly [Labels, Histogram]>): Generator<string> {
  for (const [labels, { bounds, counts, sum }] of series) {
    const own = pairs(labels);
    const prefix = own === "" ? "" : `${own},`;
    let text = "";
    let total = 0;
    for (const [at, bound] of bounds.entries()) {
      total += counts[at]!;
      text += `${name}_bucket{${prefix}le="${bound}"} ${total}\n`;
    }
    total += counts[bounds.length]!;
    text += `${name}_bucket{${prefix}le="+Inf"} ${total}\n`;
    text += `${name}_sum${braced(own)} ${format(sum)}\n${name}_count${braced(own)} ${total}\n`;
    yield text;
  }
}

function pairs(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join(",");
}

function braced(text: string): string {
  return text === "" ? "" : `{${text}}`;
}

function format(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
