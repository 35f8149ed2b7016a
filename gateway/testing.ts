/** The package's `nea-gateway/testing`: see testing/types.ts for what it offers and testing/test-arena.ts for how. */
import { ServedFunction } from "./testing/served-function.ts";
import { InProcessArena } from "./testing/test-arena.ts";
import type * as declared from "./testing/types.ts";

export type * from "./testing/types.ts";

export const createArena: typeof declared.createArena = (options) => InProcessArena.open(options);
export const serve: typeof declared.serve = (answer) => ServedFunction.start(answer);
