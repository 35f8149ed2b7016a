import type { Fetcher, Handler } from "nea-gateway";

interface Env {
  USERS: Fetcher;
  ORDERS: Fetcher;
  REVIEWS: Fetcher;
}

/** What a page can do without comes in this time or not at all. */
const PATIENCE_MS = 500;

// One answer out of three services that are asked at the same time: /42 is the user 42 with orders and reviews. The user
// is needed; without orders or reviews the page is still a page, and says what is missing.
export default {
  async fetch(request, env) {
    const id = new URL(request.url).pathname.split("/").pop()!;
    if (!/^\d+$/.test(id)) return Response.json({ error: "expected a number" }, { status: 400 });
    const optional = { signal: AbortSignal.timeout(PATIENCE_MS) };
    const [user, orders, reviews] = await Promise.allSettled([
      json(env.USERS.fetch(`/users/${id}`)),
      json(env.ORDERS.fetch(`/orders?user=${id}`, optional)),
      json(env.REVIEWS.fetch(`/reviews?user=${id}`, optional)),
    ]);
    if (user.status === "rejected") return Response.json({ error: "no such user" }, { status: 502 });
    const missing = [orders, reviews].flatMap((part, index) =>
      part.status === "rejected" ? [["orders", "reviews"][index]] : [],
    );
    return Response.json({ user: user.value, orders: valueOf(orders), reviews: valueOf(reviews), missing });
  },
} satisfies Handler<Env>;

async function json(asked: Promise<Response>): Promise<unknown> {
  const response = await asked;
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}

function valueOf(part: PromiseSettledResult<unknown>): unknown {
  return part.status === "fulfilled" ? part.value : null;
}
