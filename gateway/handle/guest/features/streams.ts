/** The Streams standard, by web-streams-polyfill, which follows its reference implementation. */
import * as streams from "web-streams-polyfill";
import { brand, defineGlobals } from "../global.ts";
import "../streams/stream-adapter.ts";

for (const name of Object.keys(streams)) brand(streams[name as "ReadableStream"], name);
defineGlobals({ ...streams });
