// Makes every mistake that shows at run time. The types above the code are gone in the bundle, so a position in the
// bundle is never one in this file.
import type { Handler } from "nea-gateway";
import { totalOf } from "./library.ts";

interface Cart {
  readonly customer?: { readonly name: string };
  readonly items: readonly { readonly price: number }[];
}

const EMPTY: Cart = { items: [] };

console.log("faulty is loaded");

function nameOf(cart: Cart): string {
  return cart.customer!.name; // here: nameOf
}

async function later(cart: Cart): Promise<string> {
  await null;
  return nameOf(cart);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const MISTAKES: Record<string, (ctx: { waitUntil(promise: Promise<unknown>): void }) => unknown> = {
  "/throws": () => nameOf(EMPTY),
  "/rejects": () => later(EMPTY),
  "/throws-in-import": () => totalOf(null as unknown as number[]),
  "/throws-cause": () => {
    try {
      nameOf(EMPTY);
    } catch (error) {
      throw new Error("no name", { cause: error }); // here: cause
    }
  },
  "/floats": async () => {
    void later(EMPTY);
    await sleep(1);
  },
  "/floats-at-once": () => void (async () => nameOf(EMPTY))(),
  "/hears-late": async () => {
    const promise = Promise.reject(new Error("heard"));
    await null;
    await promise.catch(() => {});
  },
  "/floats-text": () => void Promise.reject("just a text"), // eslint-disable-line
  "/waits-until": (ctx) => ctx.waitUntil(later(EMPTY)),
  "/timer": async () => {
    setTimeout(() => nameOf(EMPTY), 1);
    await sleep(5);
  },
  "/console": () => {
    try {
      nameOf(EMPTY);
    } catch (error) {
      console.error("cannot greet:", error);
      console.info((error as Error).stack);
    }
  },
  "/spins": () => {
    for (let turns = 0; ; turns++) nameOf({ ...EMPTY, customer: { name: String(turns) } }); // here: spins
  },
  "/fills": () => {
    const kept: string[] = [];
    for (;;) kept.push(`${"x".repeat(5000)}${kept.length}`); // here: fills
  },
  "/locale": () => new Intl.NumberFormat("de").format(1), // here: locale
  "/never": () => new Promise(() => {}),
};

export default {
  async fetch(request, _env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/no-response") return pathname as unknown as Response;
    const mistake = MISTAKES[pathname];
    await mistake?.(ctx);
    return new Response("answered");
  },
} satisfies Handler;
