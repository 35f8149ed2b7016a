import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take a minute or more: begun last, one of them would leave a core idle at the end. */
const LONG = [
  /hostile\.test/,
  /storm\.test/,
  /life\.test/,
  /local-proof/,
  /gateway\.test/,
  /bound/,
  /isolation/,
];

class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((name) => name.test(moduleId));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Forks, not threads: the tests start worker threads and shared memories of their own.
    pool: "forks",
    // Two cores; more workers would only make the timings of real servers worse.
    maxWorkers: 2,
    sequence: { sequencer: LongFilesFirst },
    // No test waits by the clock; these only end one that hangs, also on a machine that is busy with other things.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Real servers, browsers and clusters on shared machines: a failure counts when it can be repeated.
    retry: process.env.CI ? 1 : 0,
  },
});
