/** What every image has. Features are separate entries; see ../platform.ts for how a script is put together. */
import "./host.ts";
import { defineGlobals } from "./global.ts";
import { Headers } from "./http/headers.ts";
import { Request } from "./http/request.ts";
import { Response } from "./http/response.ts";
import "./life/turn.ts";

defineGlobals({ self: globalThis, Headers, Request, Response });
