// jose: verifies what others signed with a key set, shared or fetched, and signs with a secret.
import {
  CompactEncrypt,
  SignJWT,
  type JSONWebKeySet,
  compactDecrypt,
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  jwtVerify,
} from "jose";

interface Env {
  JWKS: string;
  JWKS_URL: string;
}

const secret = new TextEncoder().encode("a secret of at least thirty-two bytes");
const expected = { issuer: "https://login.test", audience: "shop" };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    const token = await request.text();
    try {
      if (pathname === "/jose/hs256") return Response.json(await signAndVerify());
      if (pathname === "/jose/encrypt") return Response.json(await encryptAndDecrypt());
      const keys =
        pathname === "/jose/remote"
          ? createRemoteJWKSet(new URL(env.JWKS_URL))
          : createLocalJWKSet(JSON.parse(env.JWKS) as JSONWebKeySet);
      const { payload } = await jwtVerify(token, keys, expected);
      return Response.json({ sub: payload.sub, alg: decodeProtectedHeader(token).alg });
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      return Response.json({ code: error.code }, { status: 401 });
    }
  },
};

async function signAndVerify() {
  const token = await new SignJWT({ role: "admin" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuedAt()
    .setExpirationTime("1m")
    .setSubject("ada")
    .sign(secret);
  const { payload } = await jwtVerify(token, secret);
  const forged = `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`;
  const refused = await jwtVerify(forged, secret).catch((error: Error) => error.name);
  return { sub: payload.sub, role: payload["role"], refused };
}

async function encryptAndDecrypt() {
  const header = { alg: "dir", enc: "A256GCM" };
  const key = secret.slice(0, 32);
  const sealed = await new CompactEncrypt(new TextEncoder().encode("hidden"))
    .setProtectedHeader(header)
    .encrypt(key);
  const { plaintext } = await compactDecrypt(sealed, key);
  return { parts: sealed.split(".").length, text: new TextDecoder().decode(plaintext) };
}
