// Every kind of client, and how often each comes.
import { echo } from "./echo.ts";
import { headFlood } from "./flood.ts";
import { halfClose } from "./half-close.ts";
import { hostileHandler } from "./hostile-handler.ts";
import { idleCrowd } from "./idle-crowd.ts";
import { keeper } from "./keeper.ts";
import { pipeliner } from "./pipeliner.ts";
import { resetMidway } from "./reset-midway.ts";
import { slowBody } from "./slow-body.ts";
import { slowHead } from "./slow-head.ts";
import { slowReader } from "./slow-reader.ts";
import { upgrader } from "./upgrader.ts";
import { upstreamFault } from "./upstream-fault.ts";
import type { Client } from "./visit.ts";

export const CLIENTS: Readonly<Record<string, Client>> = {
  hostileHandler,
  keeper,
  echo,
  upstreamFault,
  slowHead,
  slowBody,
  halfClose,
  resetMidway,
  slowReader,
  headFlood,
  idleCrowd,
  pipeliner,
  upgrader,
};

/** Names of clients that come one after the other in one stream of visits. */
export const STREAMS: readonly (readonly string[])[] = [
  ["hostileHandler"],
  ["hostileHandler"],
  ["hostileHandler", "keeper"],
  ["hostileHandler", "resetMidway"],
  ["keeper", "echo", "slowReader"],
  ["resetMidway", "headFlood", "pipeliner"],
  ["keeper", "keeper", "pipeliner"],
  ["echo", "upstreamFault"],
  ["upstreamFault", "echo", "slowReader"],
  ["slowHead", "slowBody", "halfClose"],
  ["slowBody", "slowReader", "resetMidway"],
  ["resetMidway", "resetMidway", "headFlood"],
  ["headFlood", "pipeliner", "upgrader"],
  ["idleCrowd"],
];
