// What cannot run: the import is named where it stands.
import { createHash } from "node:crypto";

export default {
  fetch: () => new Response(createHash("sha256").update("x").digest("hex")),
};
