#!/usr/bin/env node
/** The command line: `nea serve`, `nea check`, `nea plan`. */
import { parseArgs } from "node:util";
import { runCheck } from "./commands/check.ts";
import { runPlan } from "./commands/plan.ts";
import { runServe } from "./commands/serve.ts";
import { ConfigError } from "./config.ts";
import { HandlerLoadError } from "./handle/handler-set.ts";

const USAGE = `usage: nea COMMAND [--config FILE]

  serve   run the gateway (--demo-upstream: with a small app beside it)
  check   report everything that is wrong with the config and the handlers
  plan    print the memory bound, term by term (--json)

--config FILE   default: config/gateway.yaml
`;

/** sysexits.h: wrong usage; a configuration that cannot be used. */
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      "config": { type: "string", default: "config/gateway.yaml" },
      "demo-upstream": { type: "boolean", default: false },
      "json": { type: "boolean", default: false },
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
      return runServe({ configFile, demoUpstream: values["demo-upstream"], write });
    case "check":
      return runCheck({ configFile, write });
    case "plan":
      return runPlan({ configFile, json: values.json, write });
    default:
      process.stderr.write(USAGE);
      return EXIT_USAGE;
  }
}

/** What a person can put right is told in words; anything else is our fault and shows its stack. */
function report(error: unknown): number {
  if (error instanceof ConfigError || error instanceof HandlerLoadError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_CONFIG;
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

process.exit(await run(process.argv.slice(2)).catch(report));
