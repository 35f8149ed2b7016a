// A gateway with one handler per area of checks, each a module made of the checks' source texts.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayProcess } from "../support/gateway-process.ts";
import type { Check, Checks } from "./check.ts";
import { makeTools } from "./tools.ts";

export class CheckedGateway {
  readonly #gateway: GatewayProcess;
  readonly #directory: string;

  private constructor(gateway: GatewayProcess, directory: string) {
    this.#gateway = gateway;
    this.#directory = directory;
  }

  static async start(areas: Readonly<Record<string, Checks>>): Promise<CheckedGateway> {
    const directory = mkdtempSync(join(tmpdir(), "nea-checks-"));
    const routes = Object.entries(areas).map(([area, { list }]) => {
      const handler = join(directory, `${area}.mjs`);
      writeFileSync(handler, moduleOf(list));
      return {
        match: { path: { prefix: `/${area}` } },
        handler,
        pool: "checks",
        limits: { cpu: "2s", wall: "10s" },
      };
    });
    const pools = { checks: { slots: 4, arena: "8Mi" } };
    const gateway = await GatewayProcess.start({
      listen: "127.0.0.1:0",
      admin: "127.0.0.1:0",
      pools,
      routes,
    });
    return new CheckedGateway(gateway, directory);
  }

  /** What a check answers in an arena, as JSON; or how it failed. */
  async answer(area: string, index: number): Promise<string> {
    const response = await fetch(`${this.#gateway.url}/${area}/${index}`);
    const text = await response.text();
    if (response.status === 200) return text;
    const requestId = response.headers.get("x-request-id");
    const line = await this.#gateway.line(
      (entry) => entry.requestId === requestId && entry.msg === "request",
    );
    return `${text}\n${JSON.stringify(line)}`;
  }

  async stop(): Promise<void> {
    await this.#gateway.stop();
    rmSync(this.#directory, { recursive: true });
  }
}

function moduleOf(checks: readonly Check[]): string {
  return `
    const makeTools = ${makeTools.toString()};
    const checks = [${checks.map(({ run }) => run.toString()).join(",\n")}];
    export default {
      async fetch(request) {
        const check = checks[Number(request.url.slice(request.url.lastIndexOf("/") + 1))];
        const answer = await check(makeTools());
        return new Response(JSON.stringify(answer === undefined ? null : answer));
      },
    };`;
}

/** The same in Node.js. */
export async function answerInNode({ run }: Check): Promise<string> {
  const answer: unknown = await run(makeTools());
  return JSON.stringify(answer === undefined ? null : answer);
}
