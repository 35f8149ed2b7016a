/** The upstream of a run: origin.ts in a process of its own. */
import { fileURLToPath } from "node:url";
import type { Placement } from "./cores.ts";
import { ServerProcess } from "./server-process.ts";

const ORIGIN = fileURLToPath(new URL("../origin.ts", import.meta.url));

export interface UpstreamProcess {
  process: ServerProcess;
  port: number;
}

export async function startUpstream({ load }: Placement): Promise<UpstreamProcess> {
  const server = ServerProcess.spawn(process.execPath, [ORIGIN], { cpus: load });
  return { process: server, port: await server.portFrom(/^port (\d+)$/m) };
}
