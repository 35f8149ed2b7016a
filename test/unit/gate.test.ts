import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GatewayError } from "../../gateway/errors.ts";
import { Gate, Permit } from "../../gateway/admit/gate.ts";
import type { GateOptions } from "../../gateway/admit/gate.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const options: GateOptions = { slots: 2, queueLength: 2, queueWaitMs: 100 };

function take(gate: Gate, key?: string): Permit {
  const permit = gate.acquire(undefined, key);
  if (!(permit instanceof Permit)) throw new Error("no slot was free");
  return permit;
}

/** What became of a waiter: "waiting", the permit, or the code it was refused with. */
function watch(acquired: Permit | Promise<Permit>): { outcome: unknown } {
  const watched: { outcome: unknown } = { outcome: "waiting" };
  Promise.resolve(acquired).then(
    (permit) => (watched.outcome = permit),
    (error: unknown) => (watched.outcome = error instanceof GatewayError ? error.code : error),
  );
  return watched;
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("a free slot", () => {
  test("is handed out synchronously", () => {
    expect(new Gate(options).acquire()).toBeInstanceOf(Permit);
  });

  test("the last one too, but not one more", () => {
    const gate = new Gate(options);
    take(gate);
    take(gate);
    expect(gate.acquire()).toBeInstanceOf(Promise);
  });

  test("comes back by release(), once", () => {
    const gate = new Gate({ ...options, slots: 1 });
    const permit = take(gate);
    permit.release();
    expect(() => permit.release()).toThrow("a permit is released exactly once");
    expect(gate.counters()).toMatchObject({ active: 0, admitted: 1, released: 1 });
  });
});

describe("the queue", () => {
  test("is first in, first out", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    const held = take(gate);
    const [first, second] = [watch(gate.acquire()), watch(gate.acquire())];
    held.release();
    await settle();
    expect(first.outcome).toBeInstanceOf(Permit);
    expect(second.outcome).toBe("waiting");
  });

  test("takes queueLength waiters and refuses one more at once", async () => {
    const gate = new Gate(options);
    take(gate);
    take(gate);
    const waiters = [watch(gate.acquire()), watch(gate.acquire())];
    const oneMore = watch(gate.acquire());
    await settle();
    expect(oneMore.outcome).toBe("ADMIT_QUEUE_FULL");
    expect(waiters.map(({ outcome }) => outcome)).toEqual(["waiting", "waiting"]);
    expect(gate.counters()).toMatchObject({ waiting: 2, refused: { ADMIT_QUEUE_FULL: 1 } });
  });

  test("of length 0 refuses whoever finds no slot", async () => {
    const gate = new Gate({ slots: 1, queueLength: 0, queueWaitMs: 100 });
    take(gate);
    const refused = watch(gate.acquire());
    await settle();
    expect(refused.outcome).toBe("ADMIT_QUEUE_FULL");
  });

  test("lets go of a waiter when its time is over, and not a millisecond earlier", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    take(gate);
    const waiter = watch(gate.acquire());
    await vi.advanceTimersByTimeAsync(99);
    expect(waiter.outcome).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(waiter.outcome).toBe("ADMIT_WAIT_EXPIRED");
  });

  test("serves each waiter its own time, with one timer for all of them", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    take(gate);
    const early = watch(gate.acquire());
    await vi.advanceTimersByTimeAsync(60);
    const late = watch(gate.acquire());
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(40);
    expect([early.outcome, late.outcome]).toEqual(["ADMIT_WAIT_EXPIRED", "waiting"]);
    await vi.advanceTimersByTimeAsync(60);
    expect(late.outcome).toBe("ADMIT_WAIT_EXPIRED");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not serve a waiter late because the event loop was busy when its time ran out", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    const held = take(gate);
    const waiter = watch(gate.acquire());
    const now = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(now + 500); // time passes, and no timer gets its turn
    held.release();
    await settle();
    expect(waiter.outcome).toBe("ADMIT_WAIT_EXPIRED");
    expect(gate.counters()).toMatchObject({ active: 0, waiting: 0 });
    vi.restoreAllMocks();
  });

  test("tells the permit how long it waited", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    const held = take(gate);
    const waiting = gate.acquire();
    await vi.advanceTimersByTimeAsync(30);
    held.release();
    expect((await waiting).waitedMs).toBe(30);
    expect(held.waitedMs).toBe(0);
  });
});

describe("a client that leaves", () => {
  test("while queued gives its place to the next", async () => {
    const gate = new Gate({ slots: 1, queueLength: 1, queueWaitMs: 100 });
    const held = take(gate);
    const client = new AbortController();
    const gone = watch(gate.acquire(client.signal));
    client.abort();
    const next = watch(gate.acquire());
    held.release();
    await settle();
    expect(gone.outcome).toBe("ADMIT_CLIENT_GONE");
    expect(next.outcome).toBeInstanceOf(Permit);
  });

  test("before it came takes nothing", async () => {
    const gate = new Gate(options);
    const gone = watch(gate.acquire(AbortSignal.abort()));
    await settle();
    expect(gone.outcome).toBe("ADMIT_CLIENT_GONE");
    expect(gate.counters()).toMatchObject({ active: 0, refused: { ADMIT_CLIENT_GONE: 1 } });
  });

  test("after admission keeps its permit, which has to be released like any other", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    const held = take(gate);
    const client = new AbortController();
    const waiting = watch(gate.acquire(client.signal));
    held.release();
    client.abort();
    await settle();
    expect(waiting.outcome).toBeInstanceOf(Permit);
    expect(gate.counters().active).toBe(1);
  });
});

describe("Retry-After", () => {
  async function refusal(acquired: Permit | Promise<Permit>): Promise<GatewayError> {
    return Promise.resolve(acquired).then(
      () => expect.unreachable("it should have been refused"),
      (error: GatewayError) => error,
    );
  }

  test("is a second when nothing is known", async () => {
    const gate = new Gate({ slots: 1, queueLength: 0, queueWaitMs: 100 });
    take(gate);
    expect((await refusal(gate.acquire())).retryAfterS).toBe(1);
  });

  test("is how long the queue needs at its present pace", async () => {
    const gate = new Gate({ slots: 1, queueLength: 8, queueWaitMs: 60_000 });
    let held = take(gate);
    const waiters = Array.from({ length: 8 }, () => gate.acquire());
    for (const waiter of waiters.slice(0, 4)) {
      await vi.advanceTimersByTimeAsync(2000); // one permit comes back every two seconds
      held.release();
      held = await waiter;
      void watch(gate.acquire());
    }
    expect((await refusal(gate.acquire())).retryAfterS).toBe(16);
  });

  test("is never more than half a minute", async () => {
    const gate = new Gate({ slots: 1, queueLength: 1, queueWaitMs: 600_000 });
    take(gate);
    void watch(gate.acquire());
    await vi.advanceTimersByTimeAsync(300_000);
    expect((await refusal(gate.acquire())).retryAfterS).toBe(30);
  });
});

describe("shares", () => {
  const shared: GateOptions = {
    slots: 4,
    queueLength: 8,
    queueWaitMs: 100,
    shares: { kept: { reserve: 2, cap: 3 }, capped: { reserve: 0, cap: 1 } },
  };

  test("a reserve is there however full the rest is", () => {
    const gate = new Gate(shared);
    take(gate);
    take(gate);
    expect(gate.acquire()).toBeInstanceOf(Promise);
    take(gate, "kept");
    take(gate, "kept");
    expect(gate.counters().active).toBe(4);
  });

  test("beyond its reserve a key takes from what is free, up to its cap", () => {
    const gate = new Gate(shared);
    take(gate, "kept");
    take(gate, "kept");
    take(gate, "kept");
    expect(gate.acquire(undefined, "kept")).toBeInstanceOf(Promise);
    take(gate);
    expect(gate.acquire()).toBeInstanceOf(Promise);
  });

  test("whoever waits at the cap is overtaken by those who need not", async () => {
    const gate = new Gate(shared);
    const held = take(gate, "capped");
    const other = take(gate);
    const atCap = watch(gate.acquire(undefined, "capped"));
    const behind = watch(gate.acquire());
    other.release();
    await settle();
    expect(atCap.outcome).toBe("waiting");
    expect(behind.outcome).toBeInstanceOf(Permit);
    held.release();
    await settle();
    expect(atCap.outcome).toBeInstanceOf(Permit);
  });

  test("the crowd of a capped key leaves room in the queue for others", async () => {
    const gate = new Gate(shared);
    take(gate, "capped");
    const crowd = Array.from({ length: 10 }, () => watch(gate.acquire(undefined, "capped")));
    await settle();
    expect(crowd.filter(({ outcome }) => outcome === "waiting")).toHaveLength(2); // a quarter of 8
  });

  test("an unknown key, whatever its name, is everybody else", () => {
    const gate = new Gate({ ...options, shares: {} });
    expect(gate.acquire(undefined, "constructor")).toBeInstanceOf(Permit);
  });
});

test("the counters remember the fullest moment", async () => {
  const gate = new Gate(options);
  const permits = [take(gate), take(gate)];
  const waiters = [gate.acquire(), gate.acquire()];
  for (const permit of permits) permit.release();
  for (const waiter of waiters) (await waiter).release();
  expect(gate.counters()).toMatchObject({
    active: 0,
    waiting: 0,
    highWater: 2,
    waitingHighWater: 2,
    admitted: 4,
    admittedAfterWait: 2,
  });
});

describe("a reload", () => {
  test("with more slots admits who waits", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    take(gate);
    const waiter = watch(gate.acquire());
    gate.reconfigure({ ...options, slots: 2 });
    await settle();
    expect(waiter.outcome).toBeInstanceOf(Permit);
  });

  test("with fewer slots waits for permits to come back before admitting anyone", async () => {
    const gate = new Gate(options);
    const [one, two] = [take(gate), take(gate)];
    gate.reconfigure({ ...options, slots: 1 });
    const waiter = watch(gate.acquire());
    one.release();
    await settle();
    expect(waiter.outcome).toBe("waiting");
    two.release();
    await settle();
    expect(waiter.outcome).toBeInstanceOf(Permit);
  });

  test("with a shorter wait holds for those who wait already", async () => {
    const gate = new Gate({ ...options, slots: 1 });
    take(gate);
    const waiter = watch(gate.acquire());
    gate.reconfigure({ ...options, slots: 1, queueWaitMs: 10 });
    await vi.advanceTimersByTimeAsync(10);
    expect(waiter.outcome).toBe("ADMIT_WAIT_EXPIRED");
  });

  test("takes a share away from a key that is in use", () => {
    const gate = new Gate({ ...options, shares: { kept: { reserve: 1, cap: 1 } } });
    const kept = take(gate, "kept");
    gate.reconfigure(options);
    take(gate, "kept");
    kept.release();
    gate.reconfigure(options);
    take(gate, "kept");
    expect(gate.acquire()).toBeInstanceOf(Promise);
  });
});

test("a closed gate refuses everybody, and takes back what is out", async () => {
  const gate = new Gate({ ...options, slots: 1 });
  const held = take(gate);
  const waiter = watch(gate.acquire());
  gate.close();
  const late = watch(gate.acquire());
  held.release();
  await settle();
  expect([waiter.outcome, late.outcome]).toEqual(["ADMIT_DRAINING", "ADMIT_DRAINING"]);
  expect(gate.counters()).toMatchObject({ active: 0, waiting: 0, released: 1 });
  expect(vi.getTimerCount()).toBe(0);
});

test("reserves that do not fit are our own mistake", () => {
  const shares = { a: { reserve: 2, cap: 2 }, b: { reserve: 1, cap: 1 } };
  expect(() => new Gate({ ...options, shares })).toThrow("the reserves fit into the gate's slots");
});

/** A request as the property below sees it. */
interface Caller {
  readonly key: string | undefined;
  readonly arrivedMs: number;
  readonly client: AbortController;
  permit?: Permit;
  refusedAtMs?: number;
  code?: string;
  admittedNth?: number;
}

const KEYS = [undefined, undefined, "kept", "capped"] as const;

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("acquire" as const), which: fc.nat({ max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("release" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), which: fc.nat({ max: 60 }) }) },
);

test("whatever happens: never more than there are slots, first come first served, nobody waits too long, every permit comes back", async () => {
  const shape = fc.record({
    slots: fc.integer({ min: 1, max: 5 }),
    queueLength: fc.nat({ max: 6 }),
    queueWaitMs: fc.integer({ min: 1, max: 50 }),
    reserve: fc.nat({ max: 2 }),
    cap: fc.integer({ min: 1, max: 3 }),
    actions: fc.array(action, { minLength: 20, maxLength: 120 }),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ slots, queueLength, queueWaitMs, reserve, cap, actions }) => {
      const shares = {
        kept: { reserve: Math.min(reserve, slots), cap: slots },
        capped: { reserve: 0, cap },
      };
      const gate = new Gate({ slots, queueLength, queueWaitMs, shares });
      const callers: Caller[] = [];
      let admissions = 0;
      const admit = (caller: Caller, permit: Permit) => {
        caller.permit = permit;
        caller.admittedNth = admissions++;
      };
      const held = () => callers.filter(({ permit }) => permit !== undefined);
      const waiting = () =>
        callers.filter(({ admittedNth, code }) => admittedNth === undefined && code === undefined);

      for (const { kind, which } of actions) {
        if (kind === "acquire") {
          const caller: Caller = {
            key: KEYS[which],
            arrivedMs: performance.now(),
            client: new AbortController(),
          };
          callers.push(caller);
          const acquired = gate.acquire(caller.client.signal, caller.key);
          if (acquired instanceof Permit) admit(caller, acquired);
          else
            acquired.then(
              (permit) => admit(caller, permit),
              (error: GatewayError) => {
                caller.code = error.code;
                caller.refusedAtMs = performance.now();
              },
            );
        } else if (kind === "release" && held().length > 0) {
          const caller = held()[which % held().length] as Caller;
          caller.permit?.release();
          delete caller.permit;
        } else if (kind === "leave" && waiting().length > 0) {
          waiting()[which % waiting().length]?.client.abort();
        } else if (kind === "pass") await vi.advanceTimersByTimeAsync(which);
        await settle();

        const counters = gate.counters();
        expect(counters.active).toBe(held().length);
        expect(counters.active).toBeLessThanOrEqual(slots);
        expect(held().filter(({ key }) => key === "capped").length).toBeLessThanOrEqual(cap);
        expect(counters.waiting).toBe(waiting().length);
        expect(counters.waiting).toBeLessThanOrEqual(queueLength);
        for (const { arrivedMs } of waiting())
          expect(performance.now() - arrivedMs).toBeLessThan(queueWaitMs);
        // Nobody waits while there is a slot that all may have.
        const keptUnused = Math.max(
          0,
          shares.kept.reserve - held().filter(({ key }) => key === "kept").length,
        );
        if (waiting().some(({ key }) => key === undefined)) expect(held().length + keptUnused).toBe(slots);
      }

      for (const key of new Set(KEYS)) {
        const admitted = callers.filter((caller) => caller.key === key && caller.admittedNth !== undefined);
        const order = admitted.map(({ admittedNth }) => admittedNth as number);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
      for (const { code, arrivedMs, refusedAtMs } of callers) {
        if (code !== "ADMIT_WAIT_EXPIRED") continue;
        expect((refusedAtMs as number) - arrivedMs).toBeGreaterThanOrEqual(queueWaitMs);
      }
      await vi.advanceTimersByTimeAsync(queueWaitMs);
      while (held().length > 0) {
        for (const caller of held()) {
          caller.permit?.release();
          delete caller.permit;
        }
        await settle();
      }
      expect(gate.counters()).toMatchObject({ active: 0, waiting: 0 });
      expect(gate.counters().released).toBe(gate.counters().admitted);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 200, seed: 20 },
  );
});
