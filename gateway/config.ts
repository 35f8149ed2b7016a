/** The configuration: `loadConfig(file)` gives a checked GatewayConfig or throws a ConfigError that lists every fault. */
export { ConfigError, formatFault } from "./config/faults.ts";
export type { Fault } from "./config/faults.ts";
export { loadConfig, parseConfig } from "./config/load.ts";
export type * from "./config/types.ts";
