import * as all from "date-fns";

export default { fetch: () => new Response(Object.keys(all).join("\n")) };
