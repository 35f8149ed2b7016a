// htmlparser2: the links of a page as it streams by, and its title from a tree.
import { DomUtils, Parser, parseDocument } from "htmlparser2";

export default {
  async fetch(request: Request): Promise<Response> {
    const links: string[] = [];
    const parser = new Parser({
      onopentag(name, attributes) {
        if (name === "a" && attributes["href"]) links.push(attributes["href"]);
      },
    });
    const text = await request.text();
    for (let at = 0; at < text.length; at += 16) parser.write(text.slice(at, at + 16));
    parser.end();
    const [title] = DomUtils.getElementsByTagName("title", parseDocument(text).children);
    return Response.json({ links, title: title ? DomUtils.textContent(title) : null });
  },
};
