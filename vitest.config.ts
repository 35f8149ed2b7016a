import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Forks, not threads: the tests start worker threads and shared memories of their own.
    pool: "forks",
    // Two cores; more workers would only make the timings of real servers worse.
    maxWorkers: 2,
    // No test waits by the clock; these only end one that hangs, also on a machine that is busy with other things.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Real servers, browsers and clusters on shared machines: a failure counts when it can be repeated.
    retry: process.env.CI ? 2 : 0,
  },
});
