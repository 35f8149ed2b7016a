import * as all from "valibot";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
