#!/usr/bin/env node
/** The command line: `nea serve`, `nea check`, `nea plan`, `nea profile`, `nea init`. */
import { parseArgs } from "node:util";
import { runCheck } from "./commands/check.ts";
import { runInit } from "./commands/init.ts";
import { runPlan } from "./commands/plan.ts";
import { ConfigError, loadConfig } from "./config.ts";
import { cacheCompiledCode, heapIsCapped, relaunch } from "./launch.ts";
import { PlanError } from "./memory-check.ts";
import { heapLimits } from "./plan.ts";

const USAGE = `usage: nea COMMAND [--config FILE]

  serve   run the gateway (--demo-upstream: with a small app beside it)
  check   report everything that is wrong with the config and the handlers
  plan    print the memory bound, term by term; size pools (nea plan --help)
  profile HANDLER   what a request needs, line by line (nea profile --help)
  init DIRECTORY    a new handler project

--config FILE   default: config/gateway.yaml
`;

/** sysexits.h: wrong usage; a configuration that cannot be used. */
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

async function run(argv: string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === "profile") return profile(rest);
  if (command === "plan") return runPlan(rest, (text) => void process.stdout.write(text));
  if (command === "init") return runInit(rest, (text) => void process.stdout.write(text));
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      "config": { type: "string", default: "config/gateway.yaml" },
      "demo-upstream": { type: "boolean", default: false },
      "help": { type: "boolean", short: "h", default: false },
    },
  });
  const write = (text: string) => void process.stdout.write(text);
  const configFile = values.config;
  if (values.help) {
    write(USAGE);
    return 0;
  }
  switch (positionals[0]) {
    case "serve":
      if (!heapIsCapped()) relaunch(heapLimits(loadConfig(configFile)));
      return serve(configFile, values["demo-upstream"], write);
    case "check":
      return runCheck({ configFile, write });
    default:
      process.stderr.write(USAGE);
      return EXIT_USAGE;
  }
}

/** Loaded only in the process that serves: the one before it needs little more than the configuration. */
async function serve(configFile: string, demoUpstream: boolean, write: (text: string) => void): Promise<number> {
  const { runServe } = await import("./commands/serve.ts");
  return runServe({ configFile, demoUpstream, write });
}

async function profile(argv: string[]): Promise<number> {
  const { runProfile } = await import("./commands/profile.ts");
  const { stdout } = process;
  return runProfile(argv, (text) => void stdout.write(text), stdout.isTTY && !process.env.NO_COLOR);
}

/** What a person can put right is told in words; anything else is our fault and shows its stack. */
function report(error: unknown): number {
  if (error instanceof ConfigError || error instanceof PlanError || isNamed(error, "HandlerLoadError")) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_CONFIG;
  }
  if (isNamed(error, "CommandError")) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code.startsWith("ERR_PARSE_ARGS")) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL") {
    process.stderr.write(`cannot listen: ${(error as Error).message}\n`);
    return EXIT_CONFIG;
  }
  throw error;
}

/** By name: the classes come with parts that not every command loads. */
function isNamed(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}

cacheCompiledCode();
process.exit(await run(process.argv.slice(2)).catch(report));
