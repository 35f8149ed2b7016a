// Needs memory in one line and time in others, as the query says.
import type { Handler } from "nea-gateway";

interface Env {
  GREETING: string;
}

export default {
  async fetch(request, env, ctx) {
    const { searchParams, pathname } = new URL(request.url);
    const kept: string[] = [];
    for (let i = 0; i < Number(searchParams.get("keep")); i++) {
      kept.push("x".repeat(1000) + i); // here: keeps
    }
    let sum = 0;
    for (let i = 0; i < Number(searchParams.get("sum")); i++) {
      sum += i % 7; // here: sums
    }
    const numbers = Float64Array.from(
      { length: Number(searchParams.get("sort")) },
      (_, i) => (i * 7919) % 10_007,
    );
    numbers.sort(); // here: sorts
    if (pathname === "/throws") throw new Error("not today"); // here: throws
    if (pathname === "/next") return ctx.next();
    console.log(`kept ${kept.length}`);
    const said = [
      request.method,
      request.headers.get("x-a"),
      await request.text(),
      env.GREETING,
      ctx.arena.bytes,
      sum,
    ];
    return new Response(said.join(" "));
  },
} satisfies Handler<Env>;
