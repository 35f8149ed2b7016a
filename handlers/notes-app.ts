import type { Fetcher } from "nea-gateway";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { timingSafeEqual } from "hono/utils/buffer";

interface Env {
  /** Where the notes are: an arena remembers nothing from one request to the next. */
  STORE: Fetcher;
  TOKEN: string;
}

// A whole Hono app is a handler: it has a fetch(request, env, ctx). Its routers are built on first use, so its route has a
// `warm` request, after which they are part of the image.
const app = new Hono<{ Bindings: Env }>().basePath("/notes");

app.use("*", cors({ origin: "https://notes.example.com" }));
app.use("*", bearerAuth({ verifyToken: (token, c) => timingSafeEqual(token, (c.env as Env).TOKEN) }));

app.get("/:id{[a-z0-9-]+}", async (c) => {
  const found = await c.env.STORE.fetch(`/kv/${c.req.param("id")}`);
  return found.ok ? c.json({ id: c.req.param("id"), text: await found.text() }) : c.notFound();
});

app.put("/:id{[a-z0-9-]+}", bodyLimit({ maxSize: 16 * 1024 }), async (c) => {
  const { text } = await c.req.json<{ text?: unknown }>();
  if (typeof text !== "string") return c.json({ error: "text is needed" }, 422);
  await c.env.STORE.fetch(`/kv/${c.req.param("id")}`, { method: "PUT", body: text });
  return c.body(null, 204);
});

app.notFound((c) => c.json({ error: "no such note" }, 404));

export default app;
