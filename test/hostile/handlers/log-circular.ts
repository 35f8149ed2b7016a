import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const value: Record<string, unknown> = { name: "circular" };
    value["self"] = value;
    console.log(value, new Map([[value, value]]), new Set([value]));
    return new Response("logged");
  },
} satisfies Handler;
