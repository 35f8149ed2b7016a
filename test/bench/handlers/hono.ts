import { Hono } from "hono";

// An app as people write them with Hono: middleware, a dozen routes, parameters, a JSON answer.
const app = new Hono();

app.use("*", async (c, next) => {
  await next();
  c.header("x-served-by", "bench");
});
app.use("/api/*", async (c, next) => {
  if (c.req.header("x-blocked")) return c.text("blocked", 403);
  return next();
});

app.get("/", (c) => c.text("home"));
app.get("/about", (c) => c.text("about"));
app.get("/assets/:file{.+}", (c) => c.text(c.req.param("file")));
app.get("/api/users", (c) => c.json({ users: [] }));
app.post("/api/users", (c) => c.json({ created: true }, 201));
app.get("/api/users/:id", (c) => c.json({ id: c.req.param("id") }));
app.delete("/api/users/:id", (c) => c.json({ deleted: c.req.param("id") }));
app.get("/api/users/:id/orders", (c) => {
  const limit = Number(c.req.query("limit") ?? 10);
  const orders = Array.from({ length: limit }, (_, index) => ({ order: index + 1, cents: 1999 }));
  return c.json({ user: c.req.param("id"), orders });
});
app.get("/api/users/:id/orders/:order", (c) => c.json(c.req.param()));
app.get("/api/products", (c) => c.json({ products: [] }));
app.get("/api/products/:sku", (c) => c.json({ sku: c.req.param("sku") }));

export default { fetch: (request: Request) => app.fetch(request) };
