import type { Handler } from "nea-gateway";
import * as v from "valibot";

const Order = v.object({
  customer: v.pipe(v.string(), v.trim(), v.minLength(1)),
  email: v.pipe(v.string(), v.email()),
  items: v.pipe(
    v.array(
      v.object({
        sku: v.pipe(v.string(), v.regex(/^[A-Z]{3}-\d+$/)),
        count: v.pipe(v.number(), v.integer(), v.minValue(1)),
      }),
    ),
    v.minLength(1),
    v.maxLength(100),
  ),
});

// Only orders that are orders reach the app; the others are told everything that is wrong with them (RFC 9457). The app
// gets what was checked, not what was sent: keys that nobody asked for are gone.
export default {
  async fetch(request, _env, ctx) {
    if (request.method !== "POST") return ctx.next();
    const result = v.safeParse(Order, await request.json().catch(() => undefined));
    if (!result.success) return problem(v.flatten(result.issues));
    const headers = new Headers(request.headers);
    headers.delete("content-length");
    return ctx.next(new Request(request, { headers, body: JSON.stringify(result.output) }));
  },
} satisfies Handler;

function problem(faults: object): Response {
  const body = { type: "about:blank", title: "This is not an order", status: 422, ...faults };
  return Response.json(body, { status: 422, headers: { "content-type": "application/problem+json" } });
}
