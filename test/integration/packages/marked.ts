// marked: Markdown to HTML, with a renderer of our own.
import { Marked } from "marked";

const marked = new Marked({ gfm: true });
marked.use({
  renderer: {
    heading({ tokens, depth }) {
      const text = this.parser.parseInline(tokens);
      return `<h${depth} id="${text.toLowerCase().replace(/\W+/g, "-")}">${text}</h${depth}>\n`;
    },
  },
});

export default {
  async fetch(request: Request): Promise<Response> {
    const html = await marked.parse(await request.text());
    return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
  },
};
