import * as all from "zod";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
