/** A thrown value in words, for the log. Getters and proxies of the handler's may throw; the text is bounded. */
import { toJson } from "../json.ts";

const DESCRIPTION_LENGTH = 2048;
const STACK_LENGTH = 8192;
const CAUSES = 3;

export function describe(thrown: unknown): string {
  return safely(() => describeChain(thrown, CAUSES)).slice(0, DESCRIPTION_LENGTH);
}

export function stackOf(thrown: unknown): string {
  return safely(() => {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === "string" ? stack : "";
  }).slice(0, STACK_LENGTH);
}

function describeChain(thrown: unknown, causes: number): string {
  if (!(thrown instanceof Error)) return typeof thrown === "object" ? plain(thrown) : String(thrown);
  const text = `${thrown.name}: ${thrown.message}`;
  const { cause } = thrown;
  return cause === undefined || causes === 0 ? text : `${text} [cause] ${describeChain(cause, causes - 1)}`;
}

function plain(value: unknown): string {
  return toJson(value) ?? String(value);
}

function safely(text: () => string): string {
  try {
    return text();
  } catch {
    return "(a value that cannot be shown)";
  }
}
