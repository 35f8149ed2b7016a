/**
 * fetch() (Fetch standard, sections 4 and 5.6), to the upstreams that the configuration declares: the host decides
 * about each URL, and rejects with the key to add. Redirects are followed here, hop by hop, each a subrequest.
 */
import { defineGlobals } from "../global.ts";
import { Request, type RequestInit } from "../http/request.ts";
import type { Response } from "../http/response.ts";
import { assertInRequest } from "../life/context.ts";
import { followRedirects } from "../life/redirect.ts";

export function fetch(input: unknown, init?: RequestInit): Promise<Response> {
  try {
    if (arguments.length === 0) throw new TypeError("fetch: a URL or a Request is needed");
    assertInRequest("fetch");
    return followRedirects(new Request(input, init));
  } catch (error) {
    return Promise.reject(error);
  }
}

defineGlobals({ fetch });
