// The clock is an argument, so these tests need none.
import { describe, expect, test } from "vitest";
import { Breaker } from "../../gateway/admit/breaker.ts";

const CONFIG = { failures: 3, windowMs: 1600, cooldownMs: 5000 };

function abort(breaker: Breaker, atMs: number): void {
  const passage = breaker.pass(atMs);
  if (passage === null) throw new Error(`refused at ${atMs}`);
  passage.ended("aborted", atMs);
}

function tripped(): Breaker {
  const breaker = new Breaker(CONFIG);
  for (const atMs of [1000, 1001, 1002]) abort(breaker, atMs);
  return breaker;
}

describe("closed", () => {
  test("one abort less than `failures` within the window leaves it closed, one more opens it", () => {
    const breaker = new Breaker(CONFIG);
    abort(breaker, 1000);
    abort(breaker, 1100);
    expect(breaker.state(1100)).toBe("closed");
    abort(breaker, 1200);
    expect(breaker.state(1200)).toBe("open");
    expect(breaker.trips).toBe(1);
  });

  test("aborts further apart than the window never add up", () => {
    const breaker = new Breaker(CONFIG);
    for (let atMs = 0; atMs < 100_000; atMs += 900) abort(breaker, atMs);
    expect(breaker.state(100_000)).toBe("closed");
  });

  test("an abort is forgotten when the window has passed, however long nothing happened", () => {
    const breaker = new Breaker(CONFIG);
    abort(breaker, 0);
    abort(breaker, 1);
    abort(breaker, 1_000_000_000);
    expect(breaker.state(1_000_000_000)).toBe("closed");
  });

  test("requests that end well, or without reaching the handler, change nothing", () => {
    const breaker = new Breaker(CONFIG);
    for (let i = 0; i < 100; i++) breaker.pass(i)!.ended(i % 2 ? "well" : "neither", i);
    expect(breaker.state(100)).toBe("closed");
  });
});

describe("open", () => {
  test("nobody passes until the cooldown is over, and each refusal is counted", () => {
    const breaker = tripped();
    expect(breaker.pass(1003)).toBeNull();
    expect(breaker.pass(6001)).toBeNull();
    expect(breaker.refused).toBe(2);
    expect(breaker.retryAfterS(1003)).toBe(5);
    expect(breaker.retryAfterS(6001)).toBe(1);
  });

  test("a request that began before it opened neither closes it nor opens it for longer", () => {
    const breaker = new Breaker(CONFIG);
    const early = [breaker.pass(0)!, breaker.pass(0)!];
    for (const atMs of [1000, 1001, 1002]) abort(breaker, atMs);
    early[0]!.ended("well", 1500);
    early[1]!.ended("aborted", 5000);
    expect(breaker.state(6001)).toBe("open");
    expect(breaker.state(6002)).toBe("half-open");
  });
});

describe("half-open", () => {
  test("exactly one request passes", () => {
    const breaker = tripped();
    expect(breaker.pass(6002)).not.toBeNull();
    expect(breaker.pass(6003)).toBeNull();
  });

  test("a probe that ends well closes it, and the count begins anew", () => {
    const breaker = tripped();
    breaker.pass(6002)!.ended("well", 6010);
    expect(breaker.state(6010)).toBe("closed");
    abort(breaker, 6011);
    abort(breaker, 6012);
    expect(breaker.state(6012)).toBe("closed");
  });

  test("a probe that is aborted opens it for another cooldown", () => {
    const breaker = tripped();
    breaker.pass(6002)!.ended("aborted", 6100);
    expect(breaker.pass(11_099)).toBeNull();
    expect(breaker.pass(11_100)).not.toBeNull();
    expect(breaker.trips).toBe(2);
  });

  test("a probe whose client left lets the next request be the probe", () => {
    const breaker = tripped();
    breaker.pass(6002)!.ended("neither", 6003);
    expect(breaker.pass(6004)).not.toBeNull();
    expect(breaker.pass(6004)).toBeNull();
  });
});
