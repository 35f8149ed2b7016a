/**
 * A checked configuration on its way from the process that read it to the one that takes its place (launch.ts), in the
 * environment, which is all that gets there. So it is read once: what the heap's caps were made from is what is served, and
 * the process that serves needs neither the YAML parser nor the schema, which take 80 ms to load and 20 MiB from then on.
 *
 * Bound: what the kernel takes for one variable (execve(2): MAX_ARG_STRLEN, 128 KiB). A configuration that is longer even
 * when it is compressed is read again.
 */
import { deserialize, serialize } from "node:v8";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { plain } from "./plain.ts";
import type { GatewayConfig } from "./types.ts";

export interface ReadConfig {
  readonly config: GatewayConfig;
  /** Date.now() before its file was read: what changed later may not be in it. */
  readonly readAtMs: number;
}

const VARIABLE = "NEA_CHECKED_CONFIG";
const CHARACTERS_MAX = 120 * 1024;

/** What to add to the environment. Empty text: read it again. */
export function handOver({ config, readAtMs }: ReadConfig): Record<string, string> {
  const text = deflateRawSync(serialize({ config, readAtMs })).toString("base64");
  return { [VARIABLE]: text.length > CHARACTERS_MAX ? "" : text };
}

/** Undefined: there is none. Once taken it is out of the environment, which what is started from here on inherits. */
export function takeOver(): ReadConfig | undefined {
  const text = process.env[VARIABLE] ?? "";
  delete process.env[VARIABLE];
  return text === ""
    ? undefined
    : plain(deserialize(inflateRawSync(Buffer.from(text, "base64"))) as ReadConfig);
}
