/** reportError (HTML standard, section 8.1.4.3): to the log, unless `onerror` says that it has been dealt with. */
import { defineGlobals } from "../global.ts";
import { reportException, reporting } from "../life/report.ts";

let reportingNow = false;

reporting.intercept = (error) => {
  const handler = (globalThis as { onerror?: unknown }).onerror;
  if (typeof handler !== "function" || reportingNow) return false;
  reportingNow = true;
  try {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return handler.call(globalThis, message, "", 0, 0, error) === true;
  } finally {
    reportingNow = false;
  }
};

function reportError(error: unknown): void {
  if (arguments.length === 0) throw new TypeError("reportError: an error is needed");
  reportException(error, "Reported error");
}

defineGlobals({ reportError, onerror: null });
