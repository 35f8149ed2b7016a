import * as all from "marked";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
