/**
 * A config file's text as YAML 1.2: its values, and where each of them stands. What YAML allows and a config file has
 * no use for (several documents, collections as keys, keys twice, aliases inside what they stand for) is a fault.
 */
import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Document, Node, Pair, Scalar, YAMLParseError } from "yaml";
import { CONFIG_ALIASES } from "../limits.ts";
import { ConfigError, formatPath, show } from "./faults.ts";
import type { Fault, Path, Position } from "./faults.ts";
import { Lines } from "./lines.ts";
import { substitute } from "./substitute.ts";
import type { Environment } from "./substitute.ts";

/** Throws ConfigError only for text that cannot be walked at all; other faults are in the document. */
export function readDocument(file: string, text: string, environment: Environment): ConfigDocument {
  try {
    return new ConfigDocument(file, text, environment);
  } catch (error) {
    // Parsing recurses: a line of ten thousand brackets ends its stack. The file's size bounds the attempt.
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError([{ file, line: 1, column: 1, key: "", problem: "nested too deeply to be read" }]);
  }
}

export class ConfigDocument {
  readonly file: string;
  /** False after a fault that leaves no values worth looking at. */
  readonly usable: boolean;
  readonly values: unknown;
  /** What is wrong with the file as YAML. */
  readonly faults: readonly Fault[];
  /** Those of them that are about values the environment was to give. */
  readonly unset: readonly Fault[];
  readonly #document: Document.Parsed;
  readonly #lines: Lines;

  constructor(file: string, text: string, environment: Environment) {
    this.file = file;
    this.#lines = new Lines(text);
    this.#document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: "error" });
    const { errors, warnings } = this.#document;
    const exhausted = errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
    if (exhausted !== undefined) throw new RangeError(exhausted.message);
    const syntax = [...firstHand(errors), ...warnings].map(({ pos, message }) =>
      this.#faultAt(pos[0], firstSentence(message)),
    );
    const unusable = syntax.length > 0 ? syntax : this.#findBadAliasesAndKeys();
    this.usable = unusable.length === 0;
    this.unset = this.usable ? this.#substitute(environment) : [];
    this.faults = this.usable ? [...this.#findRepeatedKeys(), ...this.unset] : unusable;
    // No limit on aliases here: they share their value instead of copying it, and their number is bounded above.
    this.values = this.usable ? this.#document.toJS({ maxAliasCount: -1 }) : undefined;
  }

  /** Where the value at this path begins; for one that is not there, the nearest enclosing value that is. */
  positionOf(path: Path): Position {
    return this.#lines.positionOf(this.#nodeAt(path)?.range?.[0] ?? 0);
  }

  /** Where the last key of this path is written. */
  positionOfKey(path: Path): Position {
    const pair = findPair(this.#nodeAt(path.slice(0, -1)), path.at(-1));
    const key = pair?.key as Node | undefined;
    return key?.range ? this.#lines.positionOf(key.range[0]) : this.positionOf(path);
  }

  /**
   * A scalar as it is written, where its value would not do: 1.10 is no longer itself as a number, and what stands in
   * for a `${SECRET}` is not to be shown.
   */
  sourceOf(path: Path): string | undefined {
    const node = this.#nodeAt(path);
    if (!isScalar(node) || !node.source) return undefined;
    if (typeof node.value === "string") return node.source === node.value ? undefined : show(node.source);
    return node.source.slice(0, 60);
  }

  #nodeAt(path: Path): Node | null {
    let node = this.#resolve(this.#document.contents);
    for (const part of path) {
      const pair = findPair(node, part);
      const next = pair
        ? pair.value
        : isCollection(node) && typeof part === "number"
          ? node.items[part]
          : undefined;
      if (next === undefined || next === null) return node;
      node = this.#resolve(next as Node);
    }
    return node;
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? node) : node;
  }

  /** After this finds nothing, every alias has a target that ends before the alias begins, and every key is a plain word. */
  #findBadAliasesAndKeys(): Fault[] {
    const faults: Fault[] = [];
    const report = (node: Node, problem: string) => faults.push(this.#faultAt(node.range?.[0] ?? 0, problem));
    const anchors = new Set<string>();
    let aliases = 0;
    visit(this.#document, {
      Alias: (_, alias, ancestors) => {
        if (++aliases > CONFIG_ALIASES)
          return (report(alias, `more than ${CONFIG_ALIASES} aliases`), visit.BREAK);
        if (!anchors.has(alias.source))
          report(alias, `*${alias.source} is not the name of anything before it`);
        const within = ancestors.some((above) => isCollection(above) && above.anchor === alias.source);
        if (within) report(alias, `*${alias.source} stands inside what it stands for`);
        return undefined;
      },
      Value: (_, node) => void (node.anchor !== undefined && anchors.add(node.anchor)),
      Pair: (_, { key }, ancestors) => {
        if (!isScalar(key) || key.value === null)
          report((key ?? ancestors.at(-1)) as Node, "a key must be a plain word");
      },
    });
    return faults;
  }

  /** Our own check: the parser's compares every key with every other. */
  #findRepeatedKeys(): Fault[] {
    const faults: Fault[] = [];
    visit(this.#document, {
      Map: (_, map) => {
        const seen = new Set<string>();
        for (const { key } of map.items as Pair<Scalar>[]) {
          const word = String(key.value);
          const offset = key.range?.[0] ?? 0;
          if (word === "__proto__") faults.push(this.#faultAt(offset, "__proto__ cannot be a key"));
          if (seen.has(word)) faults.push(this.#faultAt(offset, `the key ${show(word)} is there twice`));
          seen.add(word);
        }
      },
    });
    return faults;
  }

  #substitute(environment: Environment): Fault[] {
    const faults: Fault[] = [];
    visit(this.#document, {
      Scalar: (key, node, ancestors) => {
        if (key === "key" || typeof node.value !== "string") return;
        const { text, problem } = substitute(node.value, environment);
        const where = formatPath(pathOf([...ancestors, node]));
        if (problem !== undefined) faults.push(this.#faultAt(node.range?.[0] ?? 0, problem, where));
        node.value = text;
      },
    });
    return faults;
  }

  #faultAt(offset: number, problem: string, key = ""): Fault {
    return { file: this.file, ...this.#lines.positionOf(offset), key, problem };
  }
}

/** What a parser says after it has lost its place ("unexpected ...", once per token) is about itself, not the file. */
function firstHand(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  return errors.filter(({ code }, index) => index === 0 || code !== "UNEXPECTED_TOKEN");
}

function pathOf(ancestry: readonly unknown[]): Path {
  return ancestry.flatMap((node, depth) => {
    if (isPair(node)) return String((node.key as Scalar).value);
    return isSeq(node) ? node.items.indexOf(ancestry[depth + 1]) : [];
  });
}

function findPair(node: Node | null, key: string | number | undefined): Pair | undefined {
  if (!isMap(node)) return undefined;
  // The last of several: it is the one whose value counts.
  return node.items.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

function firstSentence(message: string): string {
  const line = (message.split("\n", 1)[0] ?? "").replace(/[.:\s-]+$/, "");
  return line.slice(0, 1).toLowerCase() + line.slice(1);
}
