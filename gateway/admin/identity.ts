/** Who this gateway is, for people who look at several. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface Identity {
  /** In Kubernetes the host's name is the Pod's. */
  readonly host: string;
  readonly version: string;
  readonly startedAt: string;
}

export function identityOf(): Identity {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return { host: hostname(), version, startedAt: new Date(performance.timeOrigin).toISOString() };
}
