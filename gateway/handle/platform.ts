/**
 * The platform that a handler finds in its arena, put together for that handler: the core, and the features whose
 * names its bundle mentions anywhere (as a global, a property, in a string: too many rather than too few). What is
 * not mentioned costs the image nothing, and the image's size is what every reset pays for.
 *
 * Core and features are bundled into one classic script by esbuild, so that a feature's dependencies are its
 * imports. Scripts are kept by their set of features, of which there are at most as many as handlers.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export type ExtensionName = "encoding" | "url" | "structured-clone";

export interface Feature {
  name: string;
  /** The words that ask for it. */
  words: readonly string[];
  /** Asks for it where a word alone would say too little. */
  mentioned?: (bundle: string) => boolean;
  /** Engine extensions to be loaded before the script runs. */
  extensions?: readonly ExtensionName[];
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
  { name: "console", words: ["console"] },
  { name: "performance", words: ["performance"] },
  { name: "timers", words: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] },
  { name: "url", words: ["URL", "URLSearchParams", "Request"], extensions: ["url"] },
  { name: "fetch", words: [], mentioned: usesFetch, extensions: ["url"] },
  { name: "url-pattern", words: ["URLPattern"], extensions: ["url"] },
  { name: "encoding", words: ["TextEncoder", "TextDecoder"] },
  {
    name: "events",
    words: ["Event", "EventTarget", "CustomEvent", "ErrorEvent", "MessageEvent", "PromiseRejectionEvent"],
  },
  { name: "abort", words: ["AbortController", "AbortSignal", "signal"] },
  { name: "message-channel", words: ["MessageChannel", "MessagePort"] },
  { name: "structured-clone", words: ["structuredClone"] },
  { name: "blob", words: ["Blob", "File", "blob"] },
  { name: "form-data", words: ["FormData", "formData"] },
  {
    name: "streams",
    words: [
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
  { name: "text-streams", words: ["TextEncoderStream", "TextDecoderStream"] },
  { name: "compression", words: ["CompressionStream", "DecompressionStream"] },
  { name: "crypto", words: ["crypto", "Crypto"] },
  { name: "subtle", words: ["subtle", "CryptoKey", "SubtleCrypto"] },
  { name: "navigator", words: ["navigator"] },
  { name: "report-error", words: ["reportError", "onerror"] },
];

/**
 * Whether a body may be read as a stream: something gives one out, and something reads one. A `.body` that is only
 * handed on needs no streams.
 */
export function readsStreams(bundle: string): boolean {
  const gives = /(?<![\w$])(?:body|stream)(?![\w$])/;
  const reads =
    /(?<![\w$])(?:getReader|pipeThrough|pipeTo|tee|asyncIterator|fromAsync|fromWeb)(?![\w$])|(?<![\w$])for\s+await\b/;
  return reads.test(bundle) && gives.test(bundle);
}

/**
 * Whether the global fetch() may be used. The word alone says nothing, as every handler defines a method of that
 * name: definitions and methods of other objects do not count.
 */
export function usesFetch(bundle: string): boolean {
  for (const { index } of bundle.matchAll(/(?<![\w$])fetch(?![\w$])/g)) {
    const before = bundle.slice(Math.max(0, index - 40), index);
    if (/\.\s*$/.test(before) && !/\b(?:globalThis|self|window|global)\s*\??\.\s*$/.test(before)) continue;
    const after = bundle.slice(index + "fetch".length, index + 300);
    if (!/^\s*(?::|=(?!=)|\([^()]*\)[ \t]*\{)/.test(after)) return true;
  }
  return false;
}

const EXTENSION_ORDER: readonly ExtensionName[] = ["encoding", "url", "structured-clone"];
const CORE_EXTENSIONS: readonly ExtensionName[] = ["encoding"];

const GUEST_DIRECTORY = fileURLToPath(new URL("./guest/", import.meta.url));
export const PLATFORM_SCRIPT_NAME = "nea:platform";

/** The features that a handler's bundle asks for, in the order of FEATURES. */
export function featuresFor(bundle: string): Feature[] {
  const words = new Set(bundle.match(/[A-Za-z_$][\w$]*/g));
  return FEATURES.filter(
    (feature) => feature.words.some((word) => words.has(word)) || feature.mentioned?.(bundle) === true,
  );
}

/** The platform for a handler's bundle. */
export async function platformFor(bundle: string): Promise<Platform> {
  return platformOf(featuresFor(bundle));
}

export async function platformOf(features: readonly Feature[]): Promise<Platform> {
  const wanted = new Set([...CORE_EXTENSIONS, ...features.flatMap(({ extensions }) => extensions ?? [])]);
  const names = features.map(({ name }) => name);
  return {
    features: names,
    extensions: EXTENSION_ORDER.filter((name) => wanted.has(name)),
    scripts: [{ name: PLATFORM_SCRIPT_NAME, code: await scriptOf(names) }],
  };
}

const scripts = new Map<string, Promise<string>>();

function scriptOf(features: readonly string[]): Promise<string> {
  const key = features.join(" ");
  let script = scripts.get(key);
  if (!script) {
    script = bundleScript(features);
    scripts.set(key, script);
  }
  return script;
}

async function bundleScript(features: readonly string[]): Promise<string> {
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
  });
  return result.outputFiles[0]!.text;
}
