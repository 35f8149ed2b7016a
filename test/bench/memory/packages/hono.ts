import * as all from "hono";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
