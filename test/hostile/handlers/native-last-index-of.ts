import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const haystack = "a".repeat(1_000_000);
    const needle = `b${"a".repeat(10_000)}`;
    return new Response(`${haystack.lastIndexOf(needle)}${haystack.indexOf(`${"a".repeat(10_000)}b`)}`);
  },
} satisfies Handler;
