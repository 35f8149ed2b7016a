import type { Handler } from "nea-gateway";
import { createLocalJWKSet, errors, type JWK, jwtVerify } from "jose";

interface Env {
  /** The issuer's public keys: the `keys` of its JSON Web Key Set (RFC 7517). */
  KEYS: string;
  ISSUER: string;
  AUDIENCE: string;
}

// Lets through who has a valid bearer token, and tells the upstream who that is in x-user.
//
// A variable outside of fetch() belongs to the image: what is stored in it by the route's `warm` request is there in every
// request, what a client's request stores is gone afterwards. So the keys are parsed once, while the handler is loaded.
let keys: ReturnType<typeof createLocalJWKSet> | undefined;

export default {
  async fetch(request, env, ctx) {
    keys ??= createLocalJWKSet({ keys: JSON.parse(env.KEYS) as JWK[] });
    const token = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (!token) return unauthorized("a bearer token is needed");
    try {
      const { payload } = await jwtVerify(token, keys, { issuer: env.ISSUER, audience: env.AUDIENCE });
      const headers = new Headers(request.headers);
      headers.delete("authorization");
      headers.set("x-user", payload.sub ?? ""); // replaces what the client may have sent
      return ctx.next(new Request(request, { headers }));
    } catch (error) {
      if (error instanceof errors.JOSEError) return unauthorized(error.code);
      throw error;
    }
  },
} satisfies Handler<Env>;

function unauthorized(why: string): Response {
  // RFC 6750, section 3
  const headers = { "www-authenticate": `Bearer error="invalid_token", error_description="${why}"` };
  return new Response(`${why}\n`, { status: 401, headers });
}
