/**
 * What a handler's bundle mentions of the platform. esbuild, which knows scopes, comments and strings, renames every
 * global that is meant (and not a local variable, a method or a word in a comment of that name); what is renamed is
 * mentioned. A bundle that reaches for globals by computed names is taken by its words instead: too many features
 * cost memory, one too few would break the handler.
 */
import { transform } from "esbuild";

export interface Mentions {
  /** Whether the global of this name is used. */
  global(name: string): boolean;
  /** Whether the word stands anywhere outside of comments. */
  word(name: string): boolean;
  /** The bundle without comments. */
  code: string;
}

const PREFIX = "__nea_global_";
const GLOBAL_OBJECTS = ["globalThis", "self"];

export async function mentionsIn(bundle: string, globals: readonly string[]): Promise<Mentions> {
  const renamed = Object.fromEntries(globals.map((name) => [name, PREFIX + name]));
  const asProperties = GLOBAL_OBJECTS.flatMap((object) =>
    globals.map((name) => [`${object}.${name}`, PREFIX + name] as const),
  );
  const { code } = await transform(bundle, {
    loader: "js",
    target: "esnext",
    minifyWhitespace: true,
    legalComments: "none",
    define: { ...renamed, ...Object.fromEntries(asProperties) },
    logLevel: "silent",
  });
  const words = new Set(code.match(/[A-Za-z_$][\w$]*/g));
  const byWord = usesComputedGlobals(code);
  return {
    global: (name) =>
      words.has(PREFIX + name) || (byWord && words.has(name) && (name !== "fetch" || callsFetch(code))),
    word: (name) => words.has(name),
    code,
  };
}

/** The global object as a value, or code from strings: no telling which globals are meant. */
function usesComputedGlobals(code: string): boolean {
  const asValue = /(?<![\w$.]|typeof )(?:globalThis|self)(?![\w$]|\??\.[A-Za-z_$])/;
  return asValue.test(code) || /(?<![\w$.])(?:eval|Function)\(/.test(code);
}

/** Every handler has the word: its own method. Definitions and methods of other objects do not count. */
function callsFetch(code: string): boolean {
  return /(?<![\w$.])fetch(?![\w$])(?!\s*(?::|=(?!=)|\([^()]*\)\s*\{))/.test(code);
}

/**
 * Whether a body may be read as a stream: something gives one out, and something reads one. A `.body` that is only
 * handed on needs no streams.
 */
export function readsStreams(code: string): boolean {
  const gives =
    /[.\]]\s*(?:body|stream)(?![\w$])|["'`](?:body|stream)["'`]|\{[^{}]*(?<![\w$])body[^{}]*\}\s*=/;
  const reads =
    /(?<![\w$])(?:getReader|pipeThrough|pipeTo|tee|asyncIterator|fromAsync|fromWeb)(?![\w$])|(?<![\w$])for await\b/;
  return reads.test(code) && gives.test(code);
}

/** Whether TextDecoder is asked for an encoding beyond UTF-8, UTF-16 and windows-1252, by any of its labels' stems. */
export function namesLegacyEncoding(code: string): boolean {
  return /windows-12(?:5[013-8])|cp125[013-8]|iso[-_]?8859-?(?:[2-9]|1\d)|latin[2-9]|koi8|macintosh|x-mac|ibm866|windows-874|tis-620/i.test(
    code,
  );
}

/** Whether a date may be changed in place, by name or by a name that is put together ("set" + "UTC" + "Date"). */
export function setsDates(code: string): boolean {
  return /(?<![\w$])set(?:UTC)?(?:Date|Month|(?:Full)?Year|Hours|Minutes|Seconds|Milliseconds|["'`$])/.test(
    code,
  );
}
