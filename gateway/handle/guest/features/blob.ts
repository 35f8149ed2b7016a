/** Blob and File. */
import { Blob, File } from "../blob/blob.ts";
import { defineGlobals } from "../global.ts";

defineGlobals({ Blob, File });
