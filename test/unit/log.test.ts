import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { LOG_BUFFER_BYTES, openLog } from "../../gateway/shared/log.ts";

/** A pipe as standard output often is: somebody holds its other end, and may not read. */
function pipe(): { write: number; read: number; open: Set<number> } {
  const directory = mkdtempSync(join(tmpdir(), "nea-log-"));
  const file = join(directory, "pipe");
  execFileSync("mkfifo", [file]);
  const read = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
  onTestFinished(() => {
    for (const end of [read, write]) if (open.has(end)) closeSync(end);
    rmSync(directory, { recursive: true });
  });
  const open = new Set([read, write]);
  return { write, read, open };
}

/** All that can be read now. */
function drain(fd: number): string {
  const chunk = Buffer.alloc(1024 * 1024);
  let text = "";
  for (;;) {
    try {
      const bytes = readSync(fd, chunk);
      if (bytes === 0) return text;
      text += chunk.toString("utf8", 0, bytes);
    } catch {
      return text;
    }
  }
}

async function readUntil(fd: number, holds: (text: string) => boolean): Promise<string> {
  let text = "";
  while (!holds((text += drain(fd)))) await sleep(5);
  return text;
}

describe("the log", () => {
  test("writes lines of JSON with a time, at its level and above", async () => {
    const { write, read } = pipe();
    const { logger } = openLog("warn", write);
    logger.info({ requestId: "quiet" }, "not this");
    logger.warn({ requestId: "loud" }, "but this");
    const text = await readUntil(read, (text) => text.endsWith("\n"));
    expect(JSON.parse(text)).toMatchObject({ level: 40, requestId: "loud", msg: "but this" });
    expect(JSON.parse(text).time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test("does not wait for a reader that is too slow: what does not fit is dropped, and counted line by line", async () => {
    const { write, read } = pipe();
    const log = openLog("info", write);
    const filler = "x".repeat(1000);
    const lines = Math.ceil((2 * LOG_BUFFER_BYTES) / filler.length);
    for (let i = 0; i < lines; i++) log.logger.info({ i, filler });
    expect(log.dropped).toBeGreaterThan(0);
    // What was not dropped is in the buffer, which is bounded, or in the pipe.
    expect((lines - log.dropped) * filler.length).toBeLessThan(LOG_BUFFER_BYTES + 256 * 1024);
    const written = lines - log.dropped;
    const text = await readUntil(read, (text) => text.split("\n").length > written);
    expect(text.trimEnd().split("\n")).toHaveLength(written);
  });

  test("takes lines again once it is read", async () => {
    const { write, read } = pipe();
    const log = openLog("info", write);
    let lines = 0;
    for (; log.dropped === 0; lines++) log.logger.info({ filler: "x".repeat(10_000) });
    const { dropped } = log;
    await readUntil(read, (text) => text.split("\n").length > lines - dropped);
    log.logger.info("here I am");
    await readUntil(read, (text) => text.includes("here I am"));
    expect(log.dropped).toBe(dropped);
  });

  test("has no timer while no line waits", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const { write, read } = pipe();
    const { logger } = openLog("info", write);
    expect(vi.getTimerCount()).toBe(0);
    logger.info("one");
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(200);
    await readUntil(read, (text) => text.includes("one"));
    await vi.waitFor(() => {
      vi.advanceTimersByTime(200);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  test("outlives the end of its reader", async () => {
    const { write, read, open } = pipe();
    const log = openLog("info", write);
    log.logger.info("one");
    await readUntil(read, (text) => text.includes("one"));
    closeSync(read);
    open.delete(read);
    // The write fails in the background; an unheard error event would end this process, and with it the test.
    for (let i = 0; i < 10; i++) {
      log.logger.info({ filler: "x".repeat(10_000) });
      await sleep(50);
    }
    log.flush();
  });
});
