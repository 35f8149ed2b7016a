// nanoid and uuid: identifiers from real randomness, and the deterministic kind.
import { customAlphabet, nanoid } from "nanoid";
import { NIL, v4, v5, v7, validate, version } from "uuid";

const short = customAlphabet("abcdef", 8);

export default {
  fetch(): Response {
    const named = v5("nea.test", v5.URL);
    const random = v4();
    const timed = [v7(), v7()] as const;
    return Response.json({
      nanoid: nanoid(),
      short: short(),
      random,
      named,
      timed,
      versions: [random, named, timed[0]].map((id) => version(id)),
      valid: [validate(random), validate(NIL), validate("x")],
    });
  },
};
