// What `npm run test:storm -- --seed N --seconds S [--cgroup]` is told.
import { parseArgs } from "node:util";

export interface StormOptions {
  /** The same seed makes the same choices in the same order, client by client; what time makes of them differs. */
  readonly seed: number;
  /** Of bad weather; the start, the warm-up and the quiet before and the calm after come on top. */
  readonly seconds: number;
  /** Run the gateway in a memory cgroup whose limit is the plan. */
  readonly cgroup: boolean;
}

const DEFAULT_SECONDS = 60;

export function parseStormOptions(argv: readonly string[]): StormOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: "string" },
      seconds: { type: "string" },
      cgroup: { type: "boolean", default: false },
    },
  });
  return {
    seed: wholeNumber("--seed", values.seed) ?? Date.now() % 1_000_000,
    seconds: wholeNumber("--seconds", values.seconds) ?? DEFAULT_SECONDS,
    cgroup: values.cgroup,
  };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined || /^[0-9]{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new Error(`${name}: ${JSON.stringify(text)} is not a whole number`);
}
