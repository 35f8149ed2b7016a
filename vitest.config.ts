import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Forks, not threads: the tests start worker threads and shared memories of their own.
    pool: "forks",
    // Two cores; more workers would only make the timings of real servers worse.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
