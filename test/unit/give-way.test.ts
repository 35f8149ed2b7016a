import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { getPriority } from "node:os";
import { expect, test } from "vitest";
import { ASIDE_NICE, childrenGiveWay } from "../../gateway/shared/give-way.ts";

test.runIf(existsSync("/proc/thread-self/children"))(
  "a process that this thread has started gives way, this one does not",
  async () => {
    const before = getPriority();
    const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
    await once(child, "spawn");
    childrenGiveWay(ASIDE_NICE);
    expect(getPriority(child.pid)).toBe(ASIDE_NICE);
    expect(getPriority()).toBe(before);
    child.kill();
    await once(child, "exit");
  },
);
