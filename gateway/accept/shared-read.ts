// Reading clients through one buffer. Left to itself, node gives each read of each socket 64 KiB of its own, which a
// connection that pauses then holds on to; with one buffer for all, what a connection holds is what it was copied, and a
// read costs less. net.Socket has an option for this (`onread`), net.Server does not pass it on to the sockets it accepts: so
// the accepted handle is moved into a socket that has it. `handle` is what node itself makes sockets with; should a
// version of node do without, the first connection fails with the reason.
import { Socket, type SocketConstructorOpts } from "node:net";
import { assert } from "../shared/assert.ts";

/** What a client can make us hold at a time: see connection.ts. As large as a TLS record, which bounds reads there. */
export const CLIENT_READ_BYTES = 16 * 1024;

const shared = Buffer.allocUnsafeSlow(CLIENT_READ_BYTES);

interface WithHandle {
  _handle: object | null;
}

/**
 * `accepted`: from a server with `pauseOnConnect`; it is an empty shell afterwards. `onRead` gets a view that is gone when it
 * returns; false stops reading until `resume()`.
 */
export function readByShared(
  accepted: Socket,
  bufferBytes: number,
  onRead: (bytes: Buffer) => boolean,
): Socket {
  const shell = accepted as unknown as WithHandle;
  const handle = shell._handle;
  assert(handle, "an accepted socket has a handle");
  shell._handle = null;
  const options = {
    handle,
    allowHalfOpen: true,
    highWaterMark: bufferBytes,
    onread: {
      buffer: shared,
      callback: (bytes: number) => onRead(shared.subarray(0, bytes)),
    },
  };
  // Spread into the type, because node's types list neither of the two.
  const socket = new Socket(options as SocketConstructorOpts);
  accepted.destroy();
  socket.resume();
  return socket;
}
