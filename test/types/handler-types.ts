// What the types of "nea-gateway" let through and what they refuse. Nothing here runs: `npm run typecheck` fails when a
// line that must type-check does not, and when one that must not does.
import type { Context, Fetcher, Handler, HandlerFunction } from "nea-gateway";
import { createArena, type ArenaResult } from "nea-gateway/testing";

interface Env {
  GREETING: string;
  USERS: Fetcher;
}

export const complete = {
  async fetch(request, env, ctx) {
    const user = await env.USERS.fetch("/users/1", { signal: request.signal });
    ctx.waitUntil(user.text());
    const usedBytes: number = ctx.arena.usedBytes;
    if (usedBytes > ctx.arena.bytes) return new Response(env.GREETING.toUpperCase());
    return ctx.next(new Request(request, { headers: { "x-greeting": env.GREETING } }));
  },
} satisfies Handler<Env>;

export const withoutTypeOfEnv = {
  fetch: (_request, env) => new Response(env["GREETING"]),
} satisfies Handler;

export const asFunction: HandlerFunction<Env> = (_request, { GREETING }, ctx: Context) =>
  ctx.next(`/${GREETING}`, { method: "PUT", body: "x" });

export const answersText = {
  // @ts-expect-error: a string is no Response
  fetch: () => "hello",
} satisfies Handler;

export const forgets = {
  // @ts-expect-error: neither is nothing
  fetch() {},
} satisfies Handler;

export const unknownName = {
  // @ts-expect-error: Env has no NAME
  fetch: (_request, env) => new Response(env.NAME),
} satisfies Handler<Env>;

export const bindingAsText = {
  // @ts-expect-error: a binding is no text
  fetch: (_request, env) => new Response(env.USERS),
} satisfies Handler<Env>;

// @ts-expect-error: the method is called fetch
export const otherName = { handle: () => new Response() } satisfies Handler;

export async function tested(): Promise<ArenaResult> {
  const arena = await createArena({ handler: "x.ts", env: { A: "a" }, upstream: () => Response.json({}) });
  // @ts-expect-error: env is text; what is reached by fetch belongs into bindings
  await createArena({ handler: "x.ts", env: { A: () => new Response() } });
  // @ts-expect-error: a handler is needed
  await createArena({});
  return arena.fetch("/", { method: "POST", body: "x" });
}
