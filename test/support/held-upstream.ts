// An upstream that answers when it is told to: whoever asks it is held in the middle of something.
import type { Socket } from "node:net";
import { RawOrigin } from "./raw-origin.ts";

export class HeldUpstream {
  readonly origin: RawOrigin;
  readonly #held: Socket[];

  private constructor(origin: RawOrigin, held: Socket[]) {
    this.origin = origin;
    this.#held = held;
  }

  static async start(): Promise<HeldUpstream> {
    const held: Socket[] = [];
    const origin = await RawOrigin.start((_, { socket }) => {
      held.push(socket);
      return null;
    });
    return new HeldUpstream(origin, held);
  }

  get url(): string {
    return this.origin.url;
  }

  /** Resolves when this many requests are held. */
  holds(count: number): Promise<void> {
    return this.origin.until(() => this.#held.length >= count);
  }

  /** Answers all that are held, or the first few. */
  release(count = this.#held.length): void {
    for (const socket of this.#held.splice(0, count)) {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nreleased");
    }
  }

  stop(): Promise<void> {
    return this.origin.stop();
  }
}
