import type { Handler } from "nea-gateway";

/** Longer answers pass by without a tag: they would have to be read into the arena to make one. */
const LONGEST_BYTES = 256 * 1024;

// Gives an app's answers an ETag and answers 304 to who has them already (RFC 9110, section 13), so that a client asks
// every time and downloads only what is new.
export default {
  async fetch(request, _env, ctx) {
    const response = await ctx.next();
    const length = Number(response.headers.get("content-length") ?? Infinity);
    const isPlain = request.method === "GET" && response.status === 200 && length <= LONGEST_BYTES;
    if (!isPlain || response.headers.has("etag")) return response;
    const body = await response.bytes();
    const tag = `W/"${hex(await crypto.subtle.digest("SHA-256", body)).slice(0, 32)}"`;
    const headers = new Headers(response.headers);
    headers.set("etag", tag);
    headers.set("cache-control", headers.get("cache-control") ?? "no-cache");
    if (!matches(request.headers.get("if-none-match"), tag)) return new Response(body, { headers });
    headers.delete("content-length");
    return new Response(null, { status: 304, headers });
  },
} satisfies Handler;

/** If-None-Match is a list, and compares weakly. */
function matches(field: string | null, tag: string): boolean {
  const strong = (text: string) => text.trim().replace(/^W\//, "");
  return (
    field !== null && (field.trim() === "*" || field.split(",").some((one) => strong(one) === strong(tag)))
  );
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
