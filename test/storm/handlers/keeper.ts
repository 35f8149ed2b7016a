// Hides its request's secret wherever a handler can hide anything, after it has looked in all of these places for one that
// somebody else has hidden. Says what it found, or ends in one of the ways that leave an arena in disorder.
import type { Handler } from "nea-gateway";

let kept = "";
const list: string[] = [];
const byName = new Map<string, string>();
const scope = globalThis as unknown as Record<string, unknown>;
const proto = Object.prototype as unknown as Record<string, unknown>;
const answers = Response.prototype as unknown as Record<string, unknown>;
const memo = (() => {
  let last = "";
  return (next?: string) => (next === undefined ? last : (last = next));
})();
/** More than the engine keeps free after a start, so that some of it was another request's before. */
const LOOK_BYTES = 1_000_000;
const CODE_OF_S = 83;

/** Memory that is new to us is all zeros, or it is somebody's. */
function lookIntoMemory(): string {
  const bytes = new Uint8Array(LOOK_BYTES);
  const at = bytes.indexOf(CODE_OF_S);
  return at === -1 ? "" : String.fromCharCode(...bytes.subarray(at, at + 40));
}

function look(): string {
  const places = [
    kept,
    ...list,
    ...byName.values(),
    scope["leaked"],
    proto["leaked"],
    answers["leaked"],
    memo(),
  ];
  return [...places.filter((place) => typeof place === "string"), lookIntoMemory()].join(" ");
}

function hide(secret: string): void {
  kept = secret;
  list.push(secret);
  byName.set(secret, secret);
  memo(secret);
  scope["leaked"] = secret;
  answers["leaked"] = secret;
  Object.defineProperty(proto, "leaked", { value: secret, configurable: true });
  scope["bytes"] = new TextEncoder().encode(secret.repeat(20_000));
  setTimeout(() => list.push(secret), 1);
}

/** On the host, for 40 to 60 ms in which nothing is heard. */
async function derive(secret: string): Promise<void> {
  const bytes = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
  await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-512", salt: bytes, iterations: 100_000 },
    key,
    512,
  );
}

/** The same for 90 to 200 ms: its thread is killed. */
async function wrap(): Promise<void> {
  const { subtle } = crypto;
  const wrapping = await subtle.generateKey({ name: "AES-KW", length: 256 }, true, ["wrapKey"]);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", new Uint8Array(1_000_000), hmac, true, ["sign"]);
  await subtle.wrapKey("raw", key, wrapping, "AES-KW");
}

async function end(how: string): Promise<void> {
  const lost: unknown[] = [];
  if (how === "overflow") for (;;) lost.push(kept.repeat(2_000) + lost.length);
  if (how === "spin") for (;;);
  if (how === "native") for (;;) (3n ** 40_000n).toString();
  if (how === "derive") await derive(kept);
  if (how === "wrap") await wrap();
  if (how === "throw") throw new Error(`keeper of ${kept.length} letters`);
  if (how === "wait") await new Promise(() => setTimeout(() => {}, 10_000));
  if (how === "trap") (0, eval)("(".repeat(60_000));
}

export default {
  async fetch(request) {
    const found = look();
    const secret = request.headers.get("x-secret") ?? "";
    hide(secret);
    await end(new URL(request.url).searchParams.get("end") ?? "");
    return new Response(`found: ${found}; mine: ${secret}`);
  },
} satisfies Handler;
