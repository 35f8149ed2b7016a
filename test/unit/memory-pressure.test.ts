// Kernel files of a made-up machine; `look` is called instead of waited for.
import { Agent } from "node:http";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AdminServer } from "../../gateway/admin/server.ts";
import { MemoryPressure } from "../../gateway/shared/memory-pressure.ts";
import { ask } from "../support/client.ts";

let root: string;
let lines: { level: number; msg: string; pressure?: string }[];
let pressure: MemoryPressure | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nea-pressure-"));
  lines = [];
});
afterEach(() => {
  pressure?.stop();
  pressure = undefined;
  rmSync(root, { recursive: true });
});

function put(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

function watch(files: Record<string, string>): MemoryPressure {
  put(files);
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as (typeof lines)[number]);
      done();
    },
  });
  const kernel = { proc: join(root, "proc"), cgroup: join(root, "cgroup") };
  return (pressure = new MemoryPressure(pino(stream), kernel));
}

const psi = (percent: string) =>
  `some avg10=${percent} avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`;
const events = (max: number) => `low 0\nhigh 0\nmax ${max}\noom 0\noom_kill 0\noom_group_kill 0\n`;

test("where nobody waits for memory there is nothing to say", () => {
  const quiet = watch({ "proc/pressure/memory": psi("0.00") });
  quiet.look();
  expect(quiet.note).toBeNull();
  expect(lines).toEqual([]);
});

test("tasks that wait for memory a tenth of the time are reported, once, and so is the end", () => {
  const pressed = watch({ "proc/pressure/memory": psi("9.99") });
  pressed.look();
  expect(pressed.note).toBeNull();
  put({ "proc/pressure/memory": psi("10.00") });
  pressed.look();
  pressed.look();
  expect(pressed.note).toMatch(/^tasks wait for memory 10 % of the time/);
  put({ "proc/pressure/memory": psi("1.00") });
  pressed.look();
  expect(pressed.note).toBeNull();
  expect(lines.map(({ msg }) => msg)).toEqual(["memory is short", "memory is no longer short"]);
});

test("the container's own pressure counts where it is told, not the machine's", () => {
  const inside = watch({
    "proc/self/cgroup": "0::/\n",
    "proc/pressure/memory": psi("50.00"),
    "cgroup/memory.pressure": psi("0.00"),
  });
  inside.look();
  expect(inside.note).toBeNull();
});

test("a container that was held at its limit is reported until a look finds nothing new", () => {
  const held = watch({
    "proc/self/cgroup": "0::/pod\n",
    "cgroup/pod/memory.pressure": psi("0.00"),
    "cgroup/pod/memory.events": events(7),
  });
  held.look();
  expect(held.note).toBeNull();
  put({ "cgroup/pod/memory.events": events(8) });
  held.look();
  expect(held.note).toMatch(/^the container was at its limit \(max in /);
  held.look();
  expect(held.note).toBeNull();
});

test("a machine that tells nothing is no fault", () => {
  const silent = watch({});
  silent.look();
  expect(silent.note).toBeNull();
});

test("/readyz says that memory is short, and stays ready: another replica would not be better off", async () => {
  const pressed = watch({ "proc/pressure/memory": psi("0.00") });
  const admin = new AdminServer({ host: "127.0.0.1", port: 0 });
  const { port } = await admin.listen();
  const readiness = () => ask(`http://127.0.0.1:${port}/readyz`, { agent: new Agent() });
  admin.setReady(
    () => true,
    () => pressed.note,
  );
  expect((await readiness()).body).toBe("ready\n");
  put({ "proc/pressure/memory": psi("12.50") });
  pressed.look();
  const { status, body } = await readiness();
  expect([status, body]).toEqual([200, `ready\n${pressed.note}\n`]);
  expect(body).toContain("12.5 % of the time");
  await admin.close();
});
