// hono: its router, and the middleware that gateways are made of.
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { jwt, sign } from "hono/jwt";
import { secureHeaders } from "hono/secure-headers";
import { stream } from "hono/streaming";

const SECRET = "a secret of at least thirty-two bytes";

const app = new Hono().basePath("/hono");

app.get("/users/:id{[0-9]+}/posts/:post?", (c) => c.json({ ...c.req.param(), q: c.req.query("q") ?? null }));
app.post("/form", async (c) => c.json(await c.req.parseBody()));

app.use("/cors/*", cors({ origin: "https://shop.test", allowMethods: ["GET", "PUT"], maxAge: 600 }));
app.get("/cors/x", (c) => c.text("shared"));

app.use("/basic/*", basicAuth({ username: "ada", password: "lovelace" }));
app.get("/basic/x", (c) => c.text("in"));

app.get("/token", async (c) => c.text(await sign({ sub: "ada" }, SECRET, "HS256")));
app.use("/jwt/*", jwt({ secret: SECRET, alg: "HS256" }));
app.get("/jwt/x", (c) => c.json(c.get("jwtPayload")));

app.use("/etag/*", etag());
app.get("/etag/x", (c) => c.text("the same every time"));

app.get("/cookie", async (c) => {
  setCookie(c, "plain", "1", { path: "/", httpOnly: true, sameSite: "Lax" });
  await setSignedCookie(c, "signed", "two", SECRET);
  return c.json({
    plain: getCookie(c, "plain") ?? null,
    signed: (await getSignedCookie(c, SECRET, "signed")) ?? null,
  });
});

app.use("/secure/*", secureHeaders());
app.get("/secure/x", (c) => c.html("<p>safe"));

app.get("/stream", (c) =>
  stream(c, async (out) => {
    for (const part of ["one ", "two ", "three"]) await out.write(part);
  }),
);

app.get("/throws", () => {
  throw new HTTPException(418, { message: "short and stout" });
});
app.notFound((c) => c.text("hono found nothing", 404));

export default app;
