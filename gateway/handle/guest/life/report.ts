/** "Report an exception": what nobody caught goes to the log, and does not stop the request. */
import { EFFECT, LOG_LEVEL } from "../../abi.ts";
import { host } from "../host.ts";
import { describe, stackOf } from "./describe.ts";

/** Set by the features that give handlers a say in it (`onerror`, "error" listeners); true: handled. */
export const reporting: { intercept?: (error: unknown) => boolean } = {};

export function reportException(error: unknown, what: string): void {
  if (reporting.intercept?.(error)) return;
  host(EFFECT.log, LOG_LEVEL.error, `${what}: ${describe(error)}\n${stackOf(error)}`);
}
