// The test's side of small-gateway-child.ts.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Memory {
  readonly residentBytes: number;
  readonly active: number;
}

export class ForkedGateway {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(upstream: string): Promise<ForkedGateway> {
    const script = fileURLToPath(new URL("./small-gateway-child.ts", import.meta.url));
    const child = fork(script, [upstream], { execArgv: [] });
    const [message] = (await once(child, "message")) as [{ port: number }];
    return new ForkedGateway(child, message.port);
  }

  async memory(): Promise<Memory> {
    this.#child.send("memory");
    const [message] = (await once(this.#child, "message")) as [Memory];
    return message;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
  }
}
