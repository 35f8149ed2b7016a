/**
 * What we use of Node's HTTP module, taken without importing it: an import of "node:http" from an ES module reads everything
 * that the module exports, and some of that (WebSocket, EventSource) is Node's fetch, loaded when it is first looked at:
 * 30 to 40 ms of every start and 15 MiB. Types come from "node:http" as always.
 */
export const { IncomingMessage, METHODS, STATUS_CODES, createServer } = process.getBuiltinModule("node:http");
