// Remembers wherever a handler can remember anything, if it is asked to, and always says what it finds there.
import type { Handler } from "nea-gateway";

const { subtle } = crypto;

let count = 0;
const list: string[] = [];
const map = new Map<string, string>();
const weak = new WeakMap<object, string>();
const key = {};
const sticky = /a/gy;
const frozenLater = { changed: false };
class Box {
  static shared = "clean";
  #secret = "clean";
  tell(to?: string): string {
    if (to !== undefined) this.#secret = to;
    return this.#secret;
  }
}
const box = new Box();
const generator = (function* () {
  for (let i = 0; ; i++) yield i;
})();
const memo = (() => {
  let last = "clean";
  return (next?: string) => (next === undefined ? last : (last = next));
})();
const scope = globalThis as unknown as Record<string, unknown>;
const proto = Object.prototype as unknown as Record<string, unknown>;
const symbols = Symbol as unknown as Record<string, unknown>;

function look(): Record<string, unknown> {
  return {
    count,
    list: list.length,
    map: map.size,
    weak: weak.get(key) ?? "clean",
    lastIndex: sticky.lastIndex,
    frozen: Object.isFrozen(frozenLater),
    changed: frozenLater.changed,
    static: Box.shared,
    private: box.tell(),
    generator: generator.next().value,
    closure: memo(),
    global: scope["leaked"] ?? "clean",
    deleted: typeof scope["escape"],
    replaced: JSON.stringify({ a: 1 }),
    prototype: proto["polluted"] ?? "clean",
    symbol: symbols["poisoned"] ?? "clean",
    registry: Symbol.keyFor(Symbol.for("known")) ?? "clean",
    array: [1, 2, 3].map(String).join(),
    template: tag`a b`.frozen,
    date: new Date(0).getUTCFullYear(),
    clock: Date.now() > 1_600_000_000_000,
    math: Math.max(1, 2),
    promise: Promise.prototype.then.name,
    error: (Error as unknown as { prepareStackTrace?: unknown }).prepareStackTrace === undefined,
    limit: (Error as unknown as { stackTraceLimit: number }).stackTraceLimit,
    iterator: [...new Set([1, 2])].length,
    response: new Response("x").status,
    headers: new Headers({ a: "b" }).get("a"),
    url: new URL("http://a.example/b").pathname,
    encoder: new TextEncoder().encode("é").length,
    performance: performance.now() < 60_000,
    env: Object.keys(env).join(),
    context: Object.keys(context).sort().join(),
  };
}

function tag(strings: TemplateStringsArray) {
  return { frozen: Object.isFrozen(strings) };
}

function poison(): void {
  count = 41;
  list.push("left");
  map.set("left", "behind");
  weak.set(key, "dirty");
  sticky.lastIndex = 3;
  frozenLater.changed = true;
  Object.freeze(frozenLater);
  Box.shared = "dirty";
  box.tell("dirty");
  for (let i = 0; i < 7; i++) generator.next();
  memo("dirty");
  scope["leaked"] = "dirty";
  delete scope["escape"];
  JSON.stringify = () => "dirty";
  proto["polluted"] = "dirty";
  symbols["poisoned"] = "dirty";
  (Array.prototype as unknown as Record<string, unknown>)["map"] = () => ["dirty"];
  Array.prototype.join = () => "dirty";
  Date.prototype.getUTCFullYear = () => 1;
  Date.now = () => 1;
  Math.max = () => 99;
  Promise.prototype.then = function stolen() {
    return new Promise(() => {});
  } as typeof Promise.prototype.then;
  (Error as unknown as { prepareStackTrace: unknown }).prepareStackTrace = () => "dirty";
  (Error as unknown as { stackTraceLimit: number }).stackTraceLimit = 1;
  (Set.prototype as unknown as Record<symbol, unknown>)[Symbol.iterator] = function* () {};
  Object.defineProperty(Response.prototype, "status", { get: () => 999, configurable: true });
  (Headers.prototype as unknown as Record<string, unknown>)["get"] = () => "dirty";
  Object.defineProperty(URL.prototype, "pathname", { get: () => "dirty", configurable: true });
  TextEncoder.prototype.encode = () => new Uint8Array(99);
  performance.now = () => Infinity;
  (env as Record<string, unknown>)["LEAK"] = "dirty";
  (context as Record<string, unknown>)["leak"] = "dirty";
  setInterval(() => count++, 1);
  queueMicrotask(() => count++);
  void new Promise(() => {}).then(() => count++);
}

let env: object = {};
let context: object = {};

export default {
  async fetch(request, itsEnv, ctx) {
    env = itsEnv;
    context = ctx;
    const { pathname } = new URL(request.url);
    const found = JSON.stringify(look());
    if (pathname === "/poison") poison();
    if (pathname === "/poison/overflow") {
      poison();
      const kept: string[] = [];
      for (;;) kept.push("x".repeat(10_000) + kept.length);
    }
    if (pathname === "/poison/spin") {
      poison();
      for (;;);
    }
    if (pathname === "/poison/native") {
      poison();
      for (;;) (3n ** 40_000n).toString();
    }
    if (pathname === "/poison/wrap") {
      const wrapping = await subtle.generateKey({ name: "AES-KW", length: 256 }, true, ["wrapKey"]);
      const hmac = { name: "HMAC", hash: "SHA-256" };
      const key = await subtle.importKey("raw", new Uint8Array(1_000_000), hmac, true, ["sign"]);
      const { stringify } = JSON;
      poison();
      // The platform writes what it wants of the host as JSON.
      JSON.stringify = stringify;
      // On the host, for longer than it is given to hear that its time is over.
      await subtle.wrapKey("raw", key, wrapping, "AES-KW");
    }
    if (pathname === "/poison/throw") {
      poison();
      throw new Error("poisoned");
    }
    if (pathname === "/poison/trap") {
      poison();
      (0, eval)("(".repeat(60_000));
    }
    if (pathname === "/poison/wait") {
      poison();
      // Never woken: the patched `then` drops whoever waits.
      await new Promise(() => setTimeout(() => {}, 10_000));
    }
    if (pathname === "/random") return Response.json(Array.from({ length: 5 }, () => Math.random()));
    return new Response(found);
  },
} satisfies Handler;
