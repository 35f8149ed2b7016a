/** structuredClone. */
import { structuredClone } from "../clone/structured-clone.ts";
import { defineGlobals } from "../global.ts";

defineGlobals({ structuredClone });
