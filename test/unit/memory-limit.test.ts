import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { memoryLimit } from "../../gateway/shared/memory-limit.ts";

/** A directory that looks like a machine's /proc and /sys/fs/cgroup. */
function machine(files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), "nea-limit-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { proc: join(root, "proc"), cgroup: join(root, "cgroup"), root };
}

const meminfo = "MemTotal:       24683520 kB\nMemFree: 1 kB\n";

test("a cgroup v2 limit below the machine's memory is the limit", () => {
  const files = machine({
    "proc/meminfo": meminfo,
    "proc/self/cgroup": "0::/pod/container\n",
    "cgroup/pod/container/memory.max": "536870912\n",
  });
  expect(memoryLimit(files)).toEqual({
    bytes: 536870912,
    source: join(files.cgroup, "pod/container/memory.max"),
  });
});

test("a smaller limit of a group above counts, an absent or unlimited one does not", () => {
  const files = machine({
    "proc/meminfo": meminfo,
    "proc/self/cgroup": "0::/pod/container\n",
    "cgroup/pod/container/memory.max": "max\n",
    "cgroup/pod/memory.max": "268435456\n",
  });
  expect(memoryLimit(files)?.bytes).toBe(268435456);
});

test("in a container, whose own group is mounted as the root, the root's limit is found", () => {
  const files = machine({
    "proc/meminfo": meminfo,
    "proc/self/cgroup": "0::/../../kubepods/x\n",
    "cgroup/memory.max": "100000000\n",
  });
  expect(memoryLimit(files)?.bytes).toBe(100000000);
});

test("cgroup v1 is read from the memory controller, and its way of saying unlimited is none", () => {
  const base = { "proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/docker/a\n3:cpu:/docker/a\n" };
  const limited = machine({ ...base, "cgroup/memory/docker/a/memory.limit_in_bytes": "134217728\n" });
  expect(memoryLimit(limited)?.bytes).toBe(134217728);
  const unlimited = machine({
    ...base,
    "cgroup/memory/docker/a/memory.limit_in_bytes": "9223372036854771712\n",
  });
  expect(memoryLimit(unlimited)?.bytes).toBe(24683520 * 1024);
});

test("without any of these files nothing is known", () => {
  expect(memoryLimit(machine({}))).toBeUndefined();
});
