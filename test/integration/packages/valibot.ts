// valibot: a pipeline of checks, with all faults as flat text.
import * as v from "valibot";

const Signup = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(2)),
  email: v.pipe(v.string(), v.email()),
  age: v.pipe(v.number(), v.integer(), v.minValue(18)),
  plan: v.optional(v.picklist(["free", "team"]), "free"),
});

export default {
  async fetch(request: Request): Promise<Response> {
    const result = v.safeParse(Signup, await request.json());
    if (result.success) return Response.json(result.output);
    return Response.json(v.flatten(result.issues), { status: 422 });
  },
};
