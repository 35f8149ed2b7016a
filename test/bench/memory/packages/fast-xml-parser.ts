import * as all from "fast-xml-parser";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
