/**
 * The one function through which the platform reaches the host. It is a global only while the platform's script
 * runs: handlers never see it.
 */

export type Host = (
  operation: number,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
  e?: unknown,
) => unknown;

const scope = globalThis as unknown as { __host?: Host };
if (typeof scope.__host !== "function") throw new TypeError("the platform needs __host");

export const host: Host = scope.__host;
delete scope.__host;
