import type { Handler } from "nea-gateway";

/** What the old service answers; much more than the shop's page needs. */
interface Product {
  product_id: number;
  product_name: string;
  price_cents: number;
  stock: { warehouse: string; count: number }[];
}

// An old service's JSON in a new shape: other names, a price in euros, one number for the stock. The answer is read into
// the arena as a whole; the pool's `arena` says how large it may be.
export default {
  async fetch(request, _env, ctx) {
    const headers = new Headers(request.headers);
    headers.delete("accept-encoding"); // bodies are handed over as they come: what is read here must not be compressed
    const response = await ctx.next(new Request(request, { headers }));
    if (!response.ok) return response; // passed on as it is, its body never enters the arena
    const products = (await response.json()) as Product[];
    const reshaped = products.map(({ product_id, product_name, price_cents, stock }) => ({
      id: product_id,
      name: product_name,
      price: price_cents / 100,
      available: stock.reduce((sum, { count }) => sum + count, 0),
    }));
    return Response.json(reshaped, {
      headers: { "cache-control": response.headers.get("cache-control") ?? "no-cache" },
    });
  },
} satisfies Handler;
