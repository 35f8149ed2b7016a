/**
 * From a file to a configuration: read it, find everything that is wrong with it, and only if that is nothing, build
 * what the gateway uses. Nothing starts half-configured.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { CONFIG_FILE_BYTES } from "../limits.ts";
import { buildConfig } from "./build.ts";
import { checkNames } from "./check-names.ts";
import { checkNumbers } from "./check-numbers.ts";
import { checkRoutes } from "./check-routes.ts";
import { checkSchema } from "./check-schema.ts";
import { readDocument } from "./document.ts";
import type { ConfigDocument } from "./document.ts";
import { ConfigError } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { asSection, Findings } from "./findings.ts";
import type { Environment } from "./substitute.ts";
import type { GatewayConfig } from "./types.ts";

/** `file` is named in faults as it is given here. Throws ConfigError, with every fault there is. */
export function loadConfig(file: string, environment: Environment = process.env): GatewayConfig {
  return parseConfig(readText(file), file, environment);
}

/** The same for text that is at hand; `file` says where it belongs, and what its relative names are relative to. */
export function parseConfig(
  text: string,
  file: string,
  environment: Environment = process.env,
): GatewayConfig {
  const document = readDocument(file, text, environment);
  if (!document.usable) throw new ConfigError(document.faults);
  const { parsed, faults } = checkSchema(document);
  const all = [...document.faults, ...butNotAt(document.unset, [...faults, ...checkMeaning(document)])];
  if (parsed === undefined || all.length > 0) throw new ConfigError(all);
  return buildConfig(parsed, file);
}

function checkMeaning(document: ConfigDocument): Fault[] {
  const findings = new Findings(document);
  const config = asSection(document.values);
  checkNames(config, dirname(document.file), findings);
  checkRoutes(config, findings);
  checkNumbers(config, findings);
  return findings.faults;
}

/** Nothing else can be right or wrong about a value that could not be had from the environment. */
function butNotAt(places: readonly Fault[], faults: readonly Fault[]): readonly Fault[] {
  const at = ({ line, column }: Fault) => `${line}:${column}`;
  const taken = new Set(places.map(at));
  return faults.filter((fault) => !taken.has(at(fault)));
}

function readText(file: string): string {
  const cannot = (problem: string) => new ConfigError([{ file, line: 1, column: 1, key: "", problem }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw cannot(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  if (bytes.length > CONFIG_FILE_BYTES)
    throw cannot(`is ${bytes.length} bytes long, expected at most ${CONFIG_FILE_BYTES}`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw cannot("is not UTF-8 text");
  }
}
