// itty-router: AutoRouter with parameters, a guard, and an error.
import { AutoRouter, type IRequest, StatusError, error, withParams } from "itty-router";

const router = AutoRouter({ base: "/itty-router", before: [withParams] });

const needsKey = (request: IRequest) => {
  if (request.headers.get("x-key") !== "open") return error(401, "no key");
  return undefined;
};

router
  .get("/hello/:name", ({ name, query }: IRequest) => ({ hello: name, query }))
  .get("/guarded", needsKey, () => "inside")
  .get("/teapot", () => {
    throw new StatusError(418, "short and stout");
  })
  .post("/echo", async (request: IRequest) => await request.json());

export default { ...router };
