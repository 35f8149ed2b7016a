// A storm of one seed and a bounded length; `npm run test:storm -- --seed N --seconds S` has more of both. What is timed
// is printed and fails nothing here: the machine may be busy with other things.
import { beforeAll, describe, expect, test } from "vitest";
import { CHECKERS } from "./checkers/all.ts";
import { renderStorm, verdict } from "./report.ts";
import { type StormResult, runStorm } from "./storm.ts";

const SEED = 20260;
const SECONDS = 40;
const QUIET_SECONDS = 3;
/** The machine is full: nothing here is timed. */
const MOST_PAUSE_MS = 60;

let result: StormResult;
beforeAll(async () => {
  const phases = { warmUpSeconds: 0, quietSeconds: QUIET_SECONDS, seconds: SECONDS };
  result = await runStorm({ seed: SEED, ...phases, mostPauseMs: MOST_PAUSE_MS });
  console.info(`seed ${SEED}, ${SECONDS} s of storm\n${renderStorm(result)}`);
  console.info([...verdict(result.evidence).values()].flat().join("\n"));
}, 180_000);

describe("through a storm of hostile handlers, clients, upstreams and configurations", () => {
  test.each(Object.entries(CHECKERS))("%s", (_, checker) => {
    expect(checker(result.evidence)).toEqual([]);
  });

  test("there was a storm: every kind of end was met, threads were killed, configurations changed", () => {
    const { book, ledger, metrics } = result.evidence;
    expect([...book.statuses.keys()]).toEqual(
      expect.arrayContaining(["200", "400", "404", "431", "500", "502", "504"]),
    );
    for (const code of ["ARENA_MEMORY_EXCEEDED", "HANDLE_CPU_EXCEEDED", "HANDLE_THREW", "HANDLE_TIMED_OUT"]) {
      expect(ledger.errors.get(code), code).toBeGreaterThan(0);
    }
    expect(metrics.value("nea_arena_thread_kills_total")).toBeGreaterThan(0);
    expect(ledger.reloads).toBeGreaterThan(2);
    expect(ledger.failedReloads).toBeGreaterThan(0);
    expect(book.answers).toBeGreaterThan(500);
  });
});
