// zod: an order, coerced, refined, transformed, or refused with all its faults.
import { z } from "zod";

const Order = z
  .object({
    id: z.uuid(),
    email: z.email().toLowerCase(),
    placed: z.coerce.date(),
    items: z
      .array(z.object({ sku: z.string().regex(/^[A-Z]{3}-\d+$/), count: z.int().min(1).max(99) }))
      .min(1),
    shipping: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("pickup"), shop: z.string() }),
      z.object({ kind: z.literal("post"), city: z.string(), zip: z.string().length(5) }),
    ]),
    note: z.string().max(200).optional(),
  })
  .refine(({ items }) => items.reduce((sum, { count }) => sum + count, 0) <= 100, "too many pieces");

export default {
  async fetch(request: Request): Promise<Response> {
    const result = Order.safeParse(await request.json());
    if (result.success) return Response.json(result.data);
    const faults = result.error.issues.map(({ path, code }) => `${path.join(".")}: ${code}`);
    return Response.json(faults, { status: 422 });
  },
};
