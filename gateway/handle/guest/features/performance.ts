/** performance: the host's clock, which starts with the request; finer than a millisecond, as Node's is. */
import { CALL } from "../../abi.ts";
import { brand, defineGlobals } from "../global.ts";
import { host } from "../host.ts";
import { forgetWith, leftovers } from "../life/leftovers.ts";

let origin: number | undefined;

class Performance {
  now(): number {
    return host(CALL.now) as number;
  }
  get timeOrigin(): number {
    leftovers.any = true;
    return (origin ??= Date.now() - this.now());
  }
  toJSON(): object {
    return { timeOrigin: this.timeOrigin };
  }
}
brand(Performance, "Performance");

forgetWith(() => {
  origin = undefined;
});
defineGlobals({ performance: new Performance() });
