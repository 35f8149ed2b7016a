/**
 * Preloaded into the measured gateway: on SIGUSR2 it collects garbage and writes what V8 says of the I/O thread's heap to
 * the file named by NEA_HEAP_PROBE. With the resident size from outside this tells heap and everything else apart.
 */
import { writeFileSync } from "node:fs";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

const file = process.env.NEA_HEAP_PROBE;
if (isMainThread && file) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  process.on("SIGUSR2", () => {
    collect();
    collect();
    const { total_physical_size: touchedBytes } = getHeapStatistics();
    const { heapUsed: usedBytes, external: externalBytes } = process.memoryUsage();
    writeFileSync(file, JSON.stringify({ touchedBytes, usedBytes, externalBytes }));
  });
}
