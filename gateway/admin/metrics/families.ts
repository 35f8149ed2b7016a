/** All metrics, in the order in which /metrics shows them. */
import type { Family } from "../exposition.ts";
import type { Sources } from "../sources.ts";
import { adminFamilies } from "./admin.ts";
import { fleetFamilies } from "./fleet.ts";
import { handlerFamilies } from "./handlers.ts";
import { poolFamilies } from "./pools.ts";
import { processFamilies } from "./process.ts";
import { requestFamilies } from "./requests.ts";
import { upstreamFamilies } from "./upstreams.ts";

export function allFamilies(sources: Sources, admin: Parameters<typeof adminFamilies>[0]): Family[] {
  return [
    ...requestFamilies(sources),
    ...poolFamilies(sources),
    ...handlerFamilies(sources),
    ...upstreamFamilies(sources),
    ...processFamilies(sources),
    ...adminFamilies(admin),
    ...fleetFamilies(sources),
  ];
}
