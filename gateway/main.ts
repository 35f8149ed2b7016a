#!/usr/bin/env node
/**
 * The command line: `nea serve`, `nea check`, `nea plan`, `nea profile`, `nea init`. It is loaded before it listens to
 * signals, so it imports next to nothing; each command brings its own parts.
 */
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { cacheCompiledCode, heapIsCapped, relaunch } from "./launch.ts";
import { stopAtOnceOnSignals } from "./signals.ts";

// Taken, not imported: see shared/node-http.ts; here it is 8 ms for classes of media types.
const { parseArgs } = process.getBuiltinModule("node:util");

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
  const write = (text: string) => void process.stdout.write(text);
  if (command === "profile") return profile(rest, write);
  if (command === "plan") return (await import("./commands/plan.ts")).runPlan(rest, write);
  if (command === "init") return (await import("./commands/init.ts")).runInit(rest, write);
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      "config": { type: "string", default: "config/gateway.yaml" },
      "demo-upstream": { type: "boolean", default: false },
      "help": { type: "boolean", short: "h", default: false },
    },
  });
  const configFile = values.config;
  if (values.help) {
    write(USAGE);
    return 0;
  }
  switch (positionals[0]) {
    case "serve":
      stopAtOnceOnSignals();
      if (!heapIsCapped()) await relaunchCapped(configFile);
      return serve(configFile, values["demo-upstream"], write);
    case "check":
      return (await import("./commands/check.ts")).runCheck({ configFile, write });
    default:
      process.stderr.write(USAGE);
      return EXIT_USAGE;
  }
}

async function relaunchCapped(configFile: string): Promise<never> {
  const readAtMs = Date.now();
  const { loadConfig } = await import("./config.ts");
  const { heapLimits } = await import("./plan.ts");
  const { handOver } = await import("./config/handover.ts");
  const config = loadConfig(configFile);
  // A signal that came meanwhile is heard here; past this point it would be forgotten. Two turns: the first one may begin
  // behind the place where the loop looks for signals.
  await turnOfTheLoop();
  await turnOfTheLoop();
  return relaunch(heapLimits(config), handOver({ config, readAtMs }));
}

/** Loaded only in the process that serves: the one before it needs little more than the configuration. */
async function serve(
  configFile: string,
  demoUpstream: boolean,
  write: (text: string) => void,
): Promise<number> {
  const { runServe } = await import("./commands/serve.ts");
  return runServe({ configFile, demoUpstream, write });
}

async function profile(argv: string[], write: (text: string) => void): Promise<number> {
  const { runProfile } = await import("./commands/profile.ts");
  return runProfile(argv, write, process.stdout.isTTY && !process.env.NO_COLOR);
}

/** What a person can put right is told in words; anything else is our fault and shows its stack. */
function report(error: unknown): number {
  if (isNamed(error, "ConfigError", "PlanError", "HandlerLoadError")) {
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
function isNamed(error: unknown, ...names: string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

cacheCompiledCode();
process.exit(await run(process.argv.slice(2)).catch(report));
