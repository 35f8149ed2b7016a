import { idOf } from "../book.ts";
import type { Checker } from "../evidence.ts";

const MOST_NAMED = 5;

/** Every request that was answered has exactly one line in the log, and no request has two. */
export const oneLineEach: Checker = ({ book }) => {
  const { asked, answered, logged, foreign } = book;
  const numbers = Array.from({ length: asked }, (_, number) => number);
  const without = numbers.filter((number) => answered.of(number) > 0 && logged.of(number) === 0).map(idOf);
  const twice = numbers.filter((number) => logged.of(number) > 1).map(idOf);
  const wrong = [...foreign].filter(([, lines]) => lines !== 1).map(([id, lines]) => `${id} (${lines})`);
  const answeredTwice = numbers.filter((number) => answered.of(number) > 1).map(idOf);
  return [
    ...some(without, "were answered and have no line in the access log"),
    ...some(twice, "have more than one line in the access log"),
    ...some(wrong, "got their id from the gateway and have not one line"),
    ...some(answeredTwice, "were answered more than once"),
  ];
};

function some(ids: readonly string[], what: string): string[] {
  if (ids.length === 0) return [];
  return [`${ids.length} requests ${what}: ${ids.slice(0, MOST_NAMED).join(", ")}`];
}
