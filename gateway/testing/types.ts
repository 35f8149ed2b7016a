/**
 * What an author's tests import: `import { createArena } from "nea-gateway/testing"`. Types only, and nothing imported,
 * so that they fit into any project; testing.ts next to this folder is the code.
 */

/** Runs a handler the way the gateway does: in an arena of fixed size, behind a real listener on a free port. */
export declare function createArena(options: ArenaOptions): Promise<TestArena>;

/** A server on a free port of this machine that answers with a function: what stands behind the gateway in a test. */
export declare function serve(answer: Answer): Promise<TestServer>;

export type Answer = (request: Request) => Response | Promise<Response>;

/** A function that answers, or the address of a server that runs already. */
export type Upstream = Answer | string | URL;

export interface ArenaOptions {
  /** The handler's file: a path, relative to the working directory, or a file: URL. */
  handler: string | URL;
  /** How large an arena is, "4Mi" if nothing is said; as `arena` of a pool. */
  arena?: string;
  /** How many requests can be in an arena at the same moment, 1 if nothing is said; as `slots` of a pool. */
  slots?: number;
  env?: Record<string, string>;
  /** What ctx.next() reaches. */
  upstream?: Upstream;
  /** What `env.NAME.fetch()` reaches, by name. */
  bindings?: Record<string, Upstream>;
  /** Further addresses that the handler's fetch() may reach. Those of `upstream` and `bindings` are among them. */
  reachable?: readonly (string | URL)[];
  /** Requests that are run before the handler's image is taken, such as "GET /hello/you". */
  warm?: readonly string[];
  /** As `limits` of a route: `{ cpu: "50ms", wall: "10s", body: "1Mi", subrequests: 4 }`. */
  limits?: { cpu?: string; wall?: string; body?: string; subrequests?: number };
}

export interface TestArena {
  /** The arena's size. */
  readonly bytes: number;
  /** Of that, what the handler occupies before its first request: its code, and what its module made. */
  readonly imageBytes: number;
  /** What became of the warm requests: a status each, or why it failed. */
  readonly warmed: readonly string[];
  /** What the module wrote to its console while it was loaded. */
  readonly loadLogs: readonly string[];
  /** Where it listens, for clients of your own. */
  readonly url: string;
  /**
   * Sends a request, as fetch() does, and waits until all of it is over: the answer with its body, and the handler with
   * what it gave to ctx.waitUntil(). Of the URL, the host becomes the Host field; a path alone is enough.
   */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<ArenaResult>;
  close(): Promise<void>;
}

export interface ArenaResult {
  /** With its whole body. */
  readonly response: Response;
  /** False: the answer broke off, and `response` has the part that came. */
  readonly complete: boolean;
  /** The most that was in use of the arena, image included, in steps of 64 KiB. 0: the request met no arena. */
  readonly peakBytes: number;
  readonly cpuMs: number;
  /** What the handler wrote to its console, in order. */
  readonly logs: readonly LogEntry[];
  /** Why the gateway answered instead of the handler (ARENA_MEMORY_EXCEEDED, HANDLE_THREW ...), or null. */
  readonly code: string | null;
  /** The same in words; null as well. */
  readonly detail: string | null;
  /** Where the handler was when it threw or was stopped; null if it was neither. */
  readonly culprit: Culprit | null;
}

export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

export interface Culprit {
  /** file:line:column in your source, or null where it is not known. */
  readonly at: string | null;
  readonly function: string | null;
  /** The call that was under way, the last one that was noted before, or only the function. */
  readonly precision: "call" | "last" | "function" | null;
  readonly stack: readonly string[];
  /** The lines of your source around it. */
  readonly codeFrame: string;
}

export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}
