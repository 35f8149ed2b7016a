import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderCodes } from "../../gateway/errors.ts";

const README = new URL("../../README.md", import.meta.url);
const BLOCK = /<!-- codes -->\n[\s\S]*?<!-- \/codes -->/;

test("the README's table of codes is the one the gateway answers with (renew it with NEA_WRITE_DOCS=1)", () => {
  const readme = readFileSync(README, "utf8");
  const renewed = readme.replace(BLOCK, () => `<!-- codes -->\n\n${renderCodes()}\n<!-- /codes -->`);
  if (process.env.NEA_WRITE_DOCS) writeFileSync(README, renewed);
  else expect(readme).toBe(renewed);
});
