/**
 * The limits that are not for configuring, each with its reason. What a person may want to change
 * is a key of the config file (gateway/config/); what is here bounds things nobody needs more of.
 */

/** WebAssembly memory comes in pages of 64 KiB (WebAssembly core specification, section 4.2.8), so arenas do. */
export const ARENA_PAGE_BYTES = 64 * 1024;

/** The config file: some 1,200 routes. A longer one would need more heap to be checked than the plan has for it. */
export const CONFIG_FILE_BYTES = 384 * 1024;

/** YAML aliases in one file. Enough for every route to share its limits; the work of resolving them stays linear. */
export const CONFIG_ALIASES = 2048;

/** Faults listed for one config file. Past this the file is not a config, and the rest helps nobody. */
export const CONFIG_FAULTS = 200;

/** Routes: each is a label value in several metrics, so this also bounds how many series can exist. */
export const ROUTES = 1024;

/**
 * The sources of one handler with all its packages: esbuild takes about forty times as much while it bundles them, and
 * that is a term of the plan. zod has 0.8 MiB, graphql 0.6 MiB.
 */
export const BUNDLE_SOURCE_BYTES = 1024 * 1024;

/** Slots of all pools together. */
export const SLOTS = 4096;

/** Named upstreams, and pools: label values as well. */
export const UPSTREAMS = 256;
export const POOLS = 64;

/** Targets one upstream may list, and addresses one target's name may resolve to: both cost one health state each. */
export const TARGETS_PER_UPSTREAM = 64;

/** Path elements in a configured prefix: the route table looks a request up once per element, longest first. */
export const PREFIX_ELEMENTS = 32;

/** What a route's `env` may hold in all, in UTF-16 units: it is part of the image of every slot that runs the route. */
export const ENV_CHARACTERS = 64 * 1024;

/** A client's own x-request-id is kept up to this length; it is copied into every log line about the request. */
export const REQUEST_ID_CHARACTERS = 64;

/** Log lines that wait for standard output; further ones are dropped and counted. */
export const LOG_BUFFER_BYTES = 1024 * 1024;

/**
 * What is kept of a request's body that a handler has read, so that the request can be run again or passed on when the
 * handler fails (`onOverflow`, `onFailure`). Longer bodies are not kept, and their requests fail.
 */
export const REPLAY_BYTES = 64 * 1024;

/** The fleet: the longest report that is read; with the most pools there can be, one has about 8 KiB. */
export const REPORT_BYTES = 16 * 1024;
/** Gateways of the fleet that are shown. The view of more would take memory that the plan does not have. */
export const REPLICAS = 256;

/**
 * Retry-After, in seconds. At least 1, because 0 invites the very stampede that filled the queue; at most 30,
 * because the estimate is made from the recent past and a queue that is bounded in time cannot stay full much longer.
 */
export const RETRY_AFTER_MIN_S = 1;
export const RETRY_AFTER_MAX_S = 30;
