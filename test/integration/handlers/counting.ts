// Counts the requests that its module has seen.
import type { Handler } from "nea-gateway";

const before: string[] = [];

export default {
  fetch(request) {
    const text = `${before.length} before: ${before.join(" ")}`;
    before.push(new URL(request.url).pathname);
    return new Response(text);
  },
} satisfies Handler;
