/** What the host tells about the route when the image is made. */
import { fromJson } from "../json.ts";

export interface Settings {
  /** The route's `env`: strings. */
  env: Record<string, string>;
  /** Names of the route's `bindings`. */
  bindings: string[];
  /** Whether ctx.next() leads anywhere. */
  hasUpstream: boolean;
  /** Whether any upstream can be reached by URL; the host decides about each. */
  mayFetch: boolean;
}

export const settings: Settings = {
  env: {},
  bindings: [],
  hasUpstream: false,
  mayFetch: false,
};

export function configureSettings(json: string): void {
  Object.assign(settings, fromJson(json));
}
