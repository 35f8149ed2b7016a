/**
 * The culprit: where a handler was when it was aborted, or where what it threw came from, in the author's own lines.
 * Best effort, never wrong: what is not known is left out, and nothing in here is taken from the handler's own words
 * (see arena/frames.ts), except for errors it threw itself, whose stack is its own.
 */
import type { Frame } from "../arena/frames.ts";
import type { SourcePosition } from "./code-frame.ts";
import type { SourcePositions } from "./source-position.ts";

export interface Culprit {
  /** file:line:column of the innermost frame in the author's code; undefined if none was running. */
  at: string | undefined;
  functionName: string | undefined;
  /**
   * "call": the very call that was under way. "last": the last place noted, what ran may stand behind it. "function":
   * only the function is known, `at` is where it begins.
   */
  precision: Frame["precision"] | undefined;
  /** The frames in the author's code, innermost first. */
  stack: string[];
  /** The source line with its neighbours. */
  codeFrame: string;
}

const MAX_STACK = 16;

export function culpritOf(frames: readonly Frame[], positions: SourcePositions): Culprit {
  const own = frames.flatMap((frame) => {
    const position = positions.find(frame.file, frame.line, frame.column);
    return position ? [{ frame, position }] : [];
  });
  const first = own[0];
  return {
    at: first && format(first.position),
    functionName: first?.frame.functionName,
    precision: first?.frame.precision,
    stack: own
      .slice(0, MAX_STACK)
      .map(({ frame, position }) => `${frame.functionName} (${format(position)})`),
    codeFrame: first ? positions.frame(first.position) : "",
  };
}

/** A place in the author's source that is known by itself, without a frame. */
export function culpritAt(position: SourcePosition, positions: SourcePositions): Culprit {
  const codeFrame = positions.frame(position);
  return { at: format(position), functionName: undefined, precision: undefined, stack: [], codeFrame };
}

/** A line of an engine stack: "    at name (file:line:column)". The place is what the last parenthesis says. */
const STACK_LINE = /^ *at (.*?) ?\(([^()]*):(\d+):(\d+)\)$/;

/** Maps the stack of a thrown error. It is the handler's own text: bounded, and only its positions are interpreted. */
export function culpritOfStack(stack: string, positions: SourcePositions): Culprit {
  const frames: Frame[] = [];
  for (const line of stack.slice(0, 16_384).split("\n")) {
    const match = STACK_LINE.exec(line);
    if (!match) continue;
    const [, functionName, file, lineNumber, column] = match;
    frames.push({
      functionName: functionName || "<anonymous>",
      file: file!,
      line: Number(lineNumber),
      column: Number(column),
      precision: "call",
    });
  }
  return culpritOf(frames, positions);
}

function format({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`;
}
