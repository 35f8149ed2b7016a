/** All servers, in the order in which they are shown: Nea, what ratios refer to, the others. */
import { bun, deno, workerd } from "./fetch-runtimes.ts";
import { haproxy, haproxyLua } from "./haproxy.ts";
import { nea } from "./nea.ts";
import { nginx, njs } from "./nginx.ts";
import { honoOnNode, httpProxy3, nodeHttp, undiciPipe } from "./node.ts";
import type { Peer } from "./peer.ts";

const NEA = "nea";
const NO_HANDLER = "nea, no handler";

export const PEERS: readonly Peer[] = [
  nea({ name: NEA, serves: () => true }),
  nea({ name: "nea, logging", serves: ({ app }) => app === "hello", accessLog: true }),
  nea({ name: NO_HANDLER, serves: ({ kind }) => kind === "next", withoutHandler: true }),
  nodeHttp,
  honoOnNode,
  httpProxy3,
  workerd,
  njs,
  haproxyLua,
  bun,
  deno,
  undiciPipe,
  nginx,
  haproxy,
];

/** What ratios refer to. */
export const BASELINES: ReadonlySet<string> = new Set([nodeHttp.name, honoOnNode.name, httpProxy3.name]);

/** Servers that a run has in any case. */
export const ALWAYS: ReadonlySet<string> = new Set([NEA, NO_HANDLER, ...BASELINES]);
