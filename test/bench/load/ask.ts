/** One request on a connection of its own: `node ask.ts SPEC`; prints the answer with its body. */
import { connect } from "node:net";
import { AnswerReader } from "./answer-reader.ts";
import { type RequestSpec, requestBytes } from "./request-bytes.ts";

const spec = JSON.parse(process.argv[2] ?? "{}") as RequestSpec;
const socket = connect({ port: spec.port, host: "127.0.0.1" });
const reader = new AnswerReader((answer) => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  socket.destroy();
}, true);

socket.on("data", (chunk) => reader.push(chunk as Buffer));
socket.write(requestBytes(spec));
