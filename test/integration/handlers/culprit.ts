// Breaks one limit, by the path's last element.
import type { Handler } from "nea-gateway";

const large = 3n ** 60_000n;
const SALT = new Uint8Array(16);
/** 50 to 100 ms on the host: it does not hear when it is rung for. */
const DERIVATION = { name: "PBKDF2", hash: "SHA-512", salt: SALT, iterations: 100_000 };

export default {
  async fetch(request) {
    const kept: unknown[] = [];
    switch (new URL(request.url).pathname.split("/").pop()) {
      case "sort": {
        const numbers = Float64Array.from({ length: 80_000 }, (_, i) => (i * 7919) % 80_021);
        for (;;) numbers.reverse().sort();
      }
      case "bigint":
        for (;;) large.toString();
      case "derive": {
        const key = await crypto.subtle.importKey("raw", SALT, "PBKDF2", false, ["deriveBits"]);
        await crypto.subtle.deriveBits(DERIVATION, key, 512);
        break;
      }
      case "split":
        for (;;) "ab".repeat(20_000).split("ba");
      case "spin":
        for (;;);
      case "overflow":
        for (;;) kept.push(new Uint8Array(500_000));
      case "throw":
        throw new Error("a culprit");
      case "wait":
        await new Promise(() => {});
    }
    return new Response("innocent after all");
  },
} satisfies Handler;
