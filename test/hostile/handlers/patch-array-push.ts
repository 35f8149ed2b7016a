import type { Handler } from "nea-gateway";

// Whatever the platform collects is lost.
export default {
  fetch() {
    Array.prototype.push = () => 0;
    Array.prototype.join = () => "x-forged\nyes\r\nx";
    Array.prototype.map = () => [];
    Array.prototype.slice = () => [];
    Array.prototype.splice = () => [];
    return new Response("answered", { headers: { "x-own": "1" } });
  },
} satisfies Handler;
