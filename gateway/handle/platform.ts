/**
 * The platform that a handler finds in its arena, put together for that handler: the core, and the features that its
 * bundle mentions (see mentions.ts). What is not mentioned costs the image nothing, and the image's size is what every
 * reset pays for.
 *
 * Core and features are bundled into one classic script by esbuild, so that a feature's dependencies are its
 * imports. Scripts are kept by their set of features, of which there are at most as many as handlers.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { mentionsIn, namesLegacyEncoding, readsStreams, setsDates } from "./mentions.ts";
import { singleByteTables } from "./single-byte-tables.ts";

export type ExtensionName = "encoding";

export interface Feature {
  name: string;
  /** Globals that it brings. */
  globals: readonly string[];
  /** Names of properties that ask for it, whatever object they belong to. */
  properties?: readonly string[];
  /** Asks for it where names alone say too little. */
  mentioned?: (code: string) => boolean;
}

export interface PlatformScript {
  /** As it shows in stack traces. */
  name: string;
  code: string;
}

export interface Platform {
  features: readonly string[];
  /** In the order in which they are to be loaded. */
  extensions: readonly ExtensionName[];
  /** Classic scripts, to be evaluated in this order before the handler's module. */
  scripts: readonly PlatformScript[];
}

export const FEATURES: readonly Feature[] = [
  { name: "console", globals: ["console"] },
  { name: "performance", globals: ["performance", "Performance"] },
  { name: "timers", globals: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] },
  { name: "url", globals: ["URL", "URLSearchParams"] },
  { name: "fetch", globals: ["fetch"] },
  { name: "url-pattern", globals: ["URLPattern"] },
  { name: "encoding", globals: ["TextEncoder", "TextDecoder"] },
  { name: "legacy-encodings", globals: [], mentioned: namesLegacyEncoding },
  {
    name: "events",
    globals: ["Event", "EventTarget", "CustomEvent", "ErrorEvent", "MessageEvent", "PromiseRejectionEvent"],
  },
  { name: "abort", globals: ["AbortController", "AbortSignal"], properties: ["signal"] },
  { name: "message-channel", globals: ["MessageChannel", "MessagePort"] },
  { name: "structured-clone", globals: ["structuredClone"] },
  { name: "blob", globals: ["Blob", "File"], properties: ["blob"] },
  { name: "form-data", globals: ["FormData"], properties: ["formData"] },
  {
    name: "streams",
    globals: [
      "ReadableStream",
      "ReadableStreamDefaultReader",
      "ReadableStreamBYOBReader",
      "ReadableStreamDefaultController",
      "ReadableByteStreamController",
      "ReadableStreamBYOBRequest",
      "WritableStream",
      "WritableStreamDefaultWriter",
      "WritableStreamDefaultController",
      "TransformStream",
      "TransformStreamDefaultController",
      "ByteLengthQueuingStrategy",
      "CountQueuingStrategy",
    ],
    mentioned: readsStreams,
  },
  { name: "text-streams", globals: ["TextEncoderStream", "TextDecoderStream"] },
  { name: "compression", globals: ["CompressionStream", "DecompressionStream"] },
  { name: "crypto", globals: ["crypto", "Crypto"] },
  { name: "subtle", globals: ["SubtleCrypto", "CryptoKey"], properties: ["subtle"] },
  { name: "navigator", globals: ["navigator", "Navigator"] },
  { name: "report-error", globals: ["reportError", "onerror"] },
  { name: "date-setters", globals: [], mentioned: setsDates },
];

/**
 * UTF-8 in the engine's own language. Its other extensions are not used: what they do is done by the platform with
 * fewer gaps, and without a quarter of a megabyte of tables in every image.
 */
const EXTENSIONS: readonly ExtensionName[] = ["encoding"];

const GUEST_DIRECTORY = fileURLToPath(new URL("./guest/", import.meta.url));
export const PLATFORM_SCRIPT_NAME = "nea:platform";

/** The features that a handler's bundle asks for, in the order of FEATURES. */
export async function featuresFor(bundle: string): Promise<Feature[]> {
  const mentions = await mentionsIn(
    bundle,
    FEATURES.flatMap(({ globals }) => globals),
  );
  return FEATURES.filter(
    ({ globals, properties = [], mentioned }) =>
      globals.some((name) => mentions.global(name)) ||
      properties.some((name) => mentions.word(name)) ||
      mentioned?.(mentions.code) === true,
  );
}

/** The platform for a handler's bundle. */
export async function platformFor(bundle: string): Promise<Platform> {
  return platformOf(namesOf(await featuresFor(bundle)));
}

export const namesOf = (features: readonly Feature[]): string[] => features.map(({ name }) => name);

/** The platform of features by name; `make` is for a script that nobody has asked for before. */
export async function platformOf(features: readonly string[], make = platformScript): Promise<Platform> {
  const key = features.join(" ");
  let script = scripts.get(key);
  if (!script) {
    scripts.set(key, (script = make(features)));
    script.catch(() => scripts.delete(key));
  }
  return { features, extensions: EXTENSIONS, scripts: [{ name: PLATFORM_SCRIPT_NAME, code: await script }] };
}

/** Kept: they are the same as long as this process runs. */
const scripts = new Map<string, Promise<string>>();

/** Core and features in one classic script. */
export async function platformScript(features: readonly string[]): Promise<string> {
  const entries = ["./core.ts", ...features.map((name) => `./features/${name}.ts`)];
  const result = await build({
    stdin: {
      contents: entries.map((entry) => `import ${JSON.stringify(entry)};`).join("\n"),
      resolveDir: GUEST_DIRECTORY,
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "iife",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2024",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    logLevel: "silent",
    plugins: [singleByteTables],
  });
  return result.outputFiles[0]!.text;
}
