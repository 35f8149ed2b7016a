import * as all from "graphql";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
