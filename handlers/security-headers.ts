import type { Handler } from "nea-gateway";

// The fields that a page should have and its app forgot. What the app says itself stays as it is.
const DEFAULTS: readonly (readonly [string, string])[] = [
  ["strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "strict-origin-when-cross-origin"],
  ["permissions-policy", "camera=(), geolocation=(), microphone=()"],
];

// A page's scripts run only with this response's nonce; the app finds it in x-csp-nonce and writes it into its tags.
export default {
  async fetch(request, _env, ctx) {
    const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    const headers = new Headers(request.headers);
    headers.set("x-csp-nonce", nonce);
    const response = await ctx.next(new Request(request, { headers }));
    for (const [name, value] of DEFAULTS) if (!response.headers.has(name)) response.headers.set(name, value);
    if (!response.headers.has("content-security-policy")) {
      response.headers.set(
        "content-security-policy",
        `default-src 'self'; script-src 'nonce-${nonce}'; base-uri 'none'`,
      );
    }
    response.headers.delete("server");
    response.headers.delete("x-powered-by");
    return response;
  },
} satisfies Handler;
