/** The page: one stream of events in, every section told of each. */
import type { LiveView } from "../views/shapes.ts";
import { attention } from "./attention.ts";
import { byId, setText } from "./dom.ts";
import { failures } from "./failures.ts";
import { fleet } from "./fleet.ts";
import { clock, duration } from "./format.ts";
import { memory } from "./memory.ts";
import { pools } from "./pools.ts";
import { routes } from "./routes.ts";
import { targets } from "./targets.ts";
import { tiles } from "./tiles.ts";

/** Events come once a second. */
const SILENT_MS = 3500;
/** A stream that was refused (too many open pages, a restart) is not tried again by the browser itself. */
const RETRY_MS = 2000;

const sections = [attention(), tiles(), pools(), failures(), routes(), targets(), memory(), fleet(), facts];
let lastMs = Date.now();

function show(view: LiveView): void {
  for (const update of sections) update(view);
}

function facts({ gateway }: LiveView): void {
  const { host, version, uptimeMs, generation, inFlight } = gateway;
  setText(byId("host"), host);
  setText(
    byId("facts"),
    `version ${version}, up ${duration(uptimeMs)}, configuration ${generation}, ${inFlight} requests under way`,
  );
}

function listen(): void {
  const stream = new EventSource("/api/live");
  stream.onmessage = ({ data }: MessageEvent<string>) => {
    lastMs = Date.now();
    show(JSON.parse(data) as LiveView);
  };
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, RETRY_MS);
  };
}

/** Old figures must not pass for new ones. */
function watchSilence(): void {
  const silent = Date.now() - lastMs > SILENT_MS;
  const lost = byId("lost");
  const since = new Date(lastMs).toISOString();
  if (silent) setText(lost, `No word from the gateway since ${clock(since)} UTC. What is shown is old.`);
  lost.hidden = !silent;
  document.body.toggleAttribute("data-silent", silent);
}

listen();
setInterval(watchSilence, 1000);
