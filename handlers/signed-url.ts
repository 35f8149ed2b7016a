import type { Handler } from "nea-gateway";

interface Env {
  SECRET: string;
}

// Downloads for who was given a link: ?expires=UNIX_SECONDS&signature=HEX, where the signature is the HMAC-SHA-256 of
// "PATH\nEXPIRES". The file itself streams by; only its address was looked at.
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const expires = url.searchParams.get("expires") ?? "";
    const signature = bytesOf(url.searchParams.get("signature") ?? "");
    const signed = new TextEncoder().encode(`${url.pathname}\n${expires}`);
    // verify() takes as long for a wrong signature as for a right one.
    const valid =
      signature && (await crypto.subtle.verify("HMAC", await keyOf(env.SECRET), signature, signed));
    if (!valid) return new Response("this link is not one of ours\n", { status: 403 });
    if (Number(expires) * 1000 < Date.now()) return new Response("this link has expired\n", { status: 410 });
    url.searchParams.delete("expires");
    url.searchParams.delete("signature");
    return ctx.next(new Request(url, request));
  },
} satisfies Handler<Env>;

function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> | null {
  if (!/^([0-9a-f]{2})+$/i.test(hex)) return null;
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}
