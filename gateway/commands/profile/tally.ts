/** Adds up what was seen where, by line of the author's source: bytes that a heap grew by, or samples of who ran. */
import type { Frame } from "../../arena/frames.ts";
import type { SourcePosition } from "../../handle/code-frame.ts";
import type { SourcePositions } from "../../handle/source-position.ts";

export interface Place {
  /** file:line; "" where none of the handler's code was running. */
  at: string;
  functionName: string;
  /** In a package: the author's own line that led there. */
  from: string;
  /** The line itself. */
  source: string;
  weight: number;
}

const PACKAGES = /(^|\/)node_modules\//;

export class Tally {
  total = 0;
  readonly #positions: SourcePositions;
  readonly #places = new Map<string, Place>();
  readonly #found = new Map<string, SourcePosition | undefined>();

  constructor(positions: SourcePositions) {
    this.#positions = positions;
  }

  add(frames: readonly Frame[], weight: number): void {
    this.total += weight;
    const [inner, position] = this.#first(frames, () => true);
    const at = position ? format(position) : "";
    const known = this.#places.get(at);
    if (known) known.weight += weight;
    else this.#places.set(at, { at, weight, ...this.#describe(frames, inner, position) });
  }

  clear(): void {
    this.total = 0;
    this.#places.clear();
  }

  /** In falling order. */
  heaviest(count: number): Place[] {
    return [...this.#places.values()].sort((a, b) => b.weight - a.weight).slice(0, count);
  }

  #describe(frames: readonly Frame[], inner: Frame | undefined, position: SourcePosition | undefined) {
    if (!inner || !position) return { functionName: "", from: "", source: "" };
    const [, own] = this.#first(frames, ({ file }) => !PACKAGES.test(file));
    return {
      functionName: inner.functionName,
      from: own && own !== position ? format(own) : "",
      source: this.#positions.lineAt(position).trim(),
    };
  }

  #first(frames: readonly Frame[], wanted: (position: SourcePosition) => boolean): [Frame?, SourcePosition?] {
    for (const frame of frames) {
      const position = this.#find(frame);
      if (position && wanted(position)) return [frame, position];
    }
    return [];
  }

  #find({ file, line, column }: Frame): SourcePosition | undefined {
    const key = `${line}:${column} ${file}`;
    if (!this.#found.has(key)) this.#found.set(key, this.#positions.find(file, line, column));
    return this.#found.get(key);
  }
}

function format({ file, line }: SourcePosition): string {
  return `${file}:${line}`;
}
