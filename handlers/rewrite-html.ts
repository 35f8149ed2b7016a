import type { Handler } from "nea-gateway";

interface Env {
  BANNER: string;
}

// Puts a banner at the begin of every HTML page, whatever its length: the page streams through the arena piece by piece,
// and no more than one piece and the start of a tag is in it at a time. Everything that is not HTML passes by outside.
export default {
  async fetch(request, env, ctx) {
    const headers = new Headers(request.headers);
    headers.delete("accept-encoding"); // bodies are handed over as they come: what is read here must not be compressed
    const response = await ctx.next(new Request(request, { headers }));
    if (!response.body || !response.headers.get("content-type")?.startsWith("text/html")) return response;
    const changed = new Headers(response.headers);
    changed.delete("content-length"); // it will be longer
    changed.delete("etag"); // and another page
    const page = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TransformStream(new BannerInserter(`<aside>${env.BANNER}</aside>`)))
      .pipeThrough(new TextEncoderStream());
    return new Response(page, { status: response.status, headers: changed });
  },
} satisfies Handler<Env>;

const BODY_TAG = /<body(?:\s[^>]*)?>/i;
/** What may be the start of the tag that the next piece completes. */
const UNFINISHED = /<(?:b|bo|bod|body(?:\s[^>]*)?)?$/i;

class BannerInserter implements Transformer<string, string> {
  readonly #banner: string;
  #held = "";
  #done = false;

  constructor(banner: string) {
    this.#banner = banner;
  }

  transform(piece: string, controller: TransformStreamDefaultController<string>): void {
    const text = this.#held + piece;
    this.#held = "";
    if (this.#done) return controller.enqueue(text);
    const inserted = text.replace(BODY_TAG, (tag) => tag + this.#banner);
    this.#done = inserted !== text;
    const at = this.#done ? -1 : text.search(UNFINISHED);
    this.#held = at < 0 ? "" : text.slice(at);
    controller.enqueue(at < 0 ? inserted : text.slice(0, at));
  }

  flush(controller: TransformStreamDefaultController<string>): void {
    controller.enqueue(this.#held);
  }
}
