import type { Handler } from "nea-gateway";

export default {
  fetch() {
    String.prototype.split = () => ["GET", "http://elsewhere.invalid/", "x"];
    String.prototype.slice = () => "sliced";
    String.prototype.toLowerCase = () => "lower";
    return new Response("answered", { headers: { "X-Own": "1" } });
  },
} satisfies Handler;
