// Breaks one limit, by the path's last element.
import type { Handler } from "nea-gateway";

const large = 3n ** 60_000n;
const SALT = new Uint8Array(16);
/** 40 to 60 ms on the host, where nobody hears the bell: not so long that its thread is killed for it. */
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
      case "wrap": {
        // 90 to 200 ms on the host: its thread is killed.
        const { subtle } = crypto;
        const wrapping = await subtle.generateKey({ name: "AES-KW", length: 256 }, true, ["wrapKey"]);
        const hmac = { name: "HMAC", hash: "SHA-256" };
        const key = await subtle.importKey("raw", new Uint8Array(1_000_000), hmac, true, ["sign"]);
        await subtle.wrapKey("raw", key, wrapping, "AES-KW");
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
