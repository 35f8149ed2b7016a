/**
 * Globals that authors know from elsewhere and that an arena does not have, each with what to do instead. Appended to
 * the engine's bare "X is not defined" in logs and load errors; in the arena itself the names stay undefined, so that
 * packages which look before they use one find their other way.
 */
import { FEATURES } from "./platform.ts";

const NODE = "it is part of Node.js; use web standards or an npm package";
const BROWSER = "it is part of browsers";

const INSTEAD: Readonly<Record<string, string>> = {
  Intl: "the engine has no locale data; toLocaleString() and localeCompare() know the C locale only, use a package",
  WebAssembly: "an arena runs JavaScript only; use a package without WebAssembly",
  Atomics: "there are no threads in an arena",
  Worker: "there are no threads in an arena",
  SharedWorker: "there are no threads in an arena",
  WebSocket: "a handler answers one request; upgrades are proxied by routes without a handler",
  EventSource: "use fetch() and read the response's body",
  XMLHttpRequest: "use fetch()",
  caches: "nothing outlives a request; keep what can be shared in an upstream",
  localStorage: "nothing outlives a request; keep what can be shared in an upstream",
  sessionStorage: "nothing outlives a request; keep what can be shared in an upstream",
  indexedDB: "nothing outlives a request; keep what can be shared in an upstream",
  addEventListener: "write `export default { fetch(request, env, ctx) { ... } }`",
  importScripts: "use import; modules are bundled when they are loaded",
  setImmediate: "use setTimeout(callback, 0) or queueMicrotask(callback)",
  clearImmediate: "use clearTimeout",
  process: `${NODE}; settings are in \`env\``,
  Buffer: `${NODE}: Uint8Array has toBase64(), fromBase64(), toHex() and fromHex()`,
  require: "use import; modules are bundled when they are loaded",
  module: "use export; modules are bundled when they are loaded",
  exports: "use export; modules are bundled when they are loaded",
  __dirname: NODE,
  __filename: NODE,
  global: "use globalThis",
  window: `${BROWSER}; use globalThis`,
  document: BROWSER,
  location: `${BROWSER}; the request's URL is request.url`,
  alert: BROWSER,
  HTMLRewriter: "use a package that parses HTML",
  Deno: "use web standards or an npm package",
  Bun: "use web standards or an npm package",
};

const NOT_DEFINED = /^ReferenceError: '?([A-Za-z_$][\w$]*)'? is not defined/;

/** The error's text, with what to do about a global that is missing. */
export function explainMissing(description: string): string {
  const [, name = ""] = NOT_DEFINED.exec(description) ?? [];
  if (Object.hasOwn(INSTEAD, name)) return `${description} (${INSTEAD[name]})`;
  if (!FEATURES.some(({ globals }) => globals.includes(name))) return description;
  return `${description} (it exists, but was not seen in the handler: write its name plainly somewhere in the module)`;
}
