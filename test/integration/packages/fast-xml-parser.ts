// fast-xml-parser: XML to JSON and back, and what is not XML is refused.
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";

const options = { ignoreAttributes: false, attributeNamePrefix: "@" };
const parser = new XMLParser(options);
const builder = new XMLBuilder({ ...options, format: true });

export default {
  async fetch(request: Request): Promise<Response> {
    const xml = await request.text();
    const valid = XMLValidator.validate(xml);
    if (valid !== true) return Response.json(valid.err, { status: 400 });
    const parsed: unknown = parser.parse(xml);
    return Response.json({ parsed, again: builder.build(parsed) as string });
  },
};
