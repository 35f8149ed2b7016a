// Writes its path into shared places, waits a few times, and looks whether it is still alone there.
import type { Handler } from "nea-gateway";

let mine = "";
const scope = globalThis as unknown as Record<string, unknown>;

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    mine += pathname;
    scope["mine"] = `${String(scope["mine"] ?? "")}${pathname}`;
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, i));
      if (mine !== pathname || scope["mine"] !== pathname) return new Response(`${pathname} and ${mine}`);
    }
    return new Response(`${pathname} only`);
  },
} satisfies Handler;
