import * as all from "jose";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
