import { expect, test } from "vitest";
import { fixedKeys } from "../../gateway/config/restart.ts";
import { listKeys, renderReference } from "../../gateway/config/reference.ts";

test("config/README.md says what the schema says (to write it anew: npx vitest run test/unit/config-reference.test.ts -u)", async () => {
  await expect(renderReference()).toMatchFileSnapshot("../../config/README.md");
});

test("every key has a meaning that is a sentence", () => {
  const without = listKeys().filter(({ doc }) => !/[A-Z].*\.$/.test(doc.meaning));
  expect(without.map(({ key }) => key)).toEqual([]);
});

test("the keys marked as fixed until a restart are the ones that a reload looks at", () => {
  const marked = listKeys().filter(({ doc }) => doc.restart);
  expect(marked.map(({ key }) => key).sort()).toEqual([...fixedKeys].sort());
});
