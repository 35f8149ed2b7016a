// Reads the Prometheus text format as strictly as Prometheus does, for tests.

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly help: string;
  readonly type: string;
  /** By the name of the line: a histogram has three. */
  readonly series: Map<string, Series[]>;
}

const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/y;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;

export class Exposition {
  readonly metrics = new Map<string, Metric>();
  readonly #text: string;

  /** Throws on anything that is not the format. */
  constructor(text: string) {
    this.#text = text;
    if (!text.endsWith("\n")) throw new Error("the last line has no end");
    let current: Metric | undefined;
    let name = "";
    let help = "";
    for (const line of text.slice(0, -1).split("\n")) {
      if (line.startsWith("# HELP ")) {
        [, name = "", help = ""] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
        if (this.metrics.has(name)) throw new Error(`${name} comes twice`);
      } else if (line.startsWith("# TYPE ")) {
        const [, of, type = ""] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
        if (of !== name) throw new Error(`the type of ${of} comes after the help of ${name}`);
        this.metrics.set(name, (current = { help, type, series: new Map() }));
      } else this.#sample(line, name, current);
    }
  }

  /** The value of the one series with (at least) these labels; 0 if there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.all(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  all(name: string, labels: Readonly<Record<string, string>> = {}): Series[] {
    const metric = [...this.metrics.values()].find(({ series }) => series.has(name));
    const matches = (series: Series) =>
      Object.entries(labels).every(([key, value]) => series.labels[key] === value);
    return metric?.series.get(name)?.filter(matches) ?? [];
  }

  /** Every name that a query may use, with its labels. */
  names(): Map<string, Set<string>> {
    const names = new Map<string, Set<string>>();
    for (const [name, { series, type }] of this.metrics) {
      for (const part of type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]) {
        const labels = (series.get(part) ?? []).flatMap(({ labels }) => Object.keys(labels));
        names.set(part, new Set(labels));
      }
    }
    return names;
  }

  get lines(): number {
    return this.#text.split("\n").length - 1;
  }

  #sample(line: string, name: string, metric: Metric | undefined): void {
    const [, own, inner, value] = SAMPLE.exec(line) ?? [];
    if (own === undefined || !metric) throw new Error(`not a sample: ${line}`);
    const suffixes = metric.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    if (!suffixes.some((suffix) => own === name + suffix))
      throw new Error(`${own} is among the samples of ${name}`);
    const labels = readLabels(inner ?? "", line);
    const list = metric.series.get(own) ?? [];
    const key = JSON.stringify(Object.entries(labels).sort());
    if (list.some((known) => JSON.stringify(Object.entries(known.labels).sort()) === key))
      throw new Error(`twice: ${line}`);
    metric.series.set(own, [...list, { labels, value: readValue(value!) }]);
  }
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (!match) throw new Error(`labels that are none: ${line}`);
    const [whole, name, value] = match as unknown as [string, string, string];
    if (name in labels) throw new Error(`a label comes twice: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    at += whole.length;
    if (text[at] === ",") at++;
    else if (at < text.length) throw new Error(`labels that are none: ${line}`);
  }
  return labels;
}

function readValue(text: string): number {
  const special: Readonly<Record<string, number>> = { "+Inf": Infinity, "-Inf": -Infinity, "NaN": NaN };
  const value = special[text] ?? Number(text);
  if (Number.isNaN(value) && text !== "NaN") throw new Error(`not a value: ${text}`);
  return value;
}
