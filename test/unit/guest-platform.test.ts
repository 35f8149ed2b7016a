// Which features a handler's image gets, and what their scripts look like.
import { describe, expect, test } from "vitest";
import { explainMissing } from "../../gateway/handle/missing-globals.ts";
import { FEATURES, featuresFor, platformFor } from "../../gateway/handle/platform.ts";
import { SINGLE_BYTE_LABELS } from "../../gateway/handle/single-byte-tables.ts";

const names = async (code: string) => (await featuresFor(code)).map(({ name }) => name);

describe("the features of a handler", () => {
  test("a handler that uses nothing gets nothing", async () => {
    expect(await names(`export default { fetch(request) { return new Response("hi"); } };`)).toEqual([]);
  });

  test.each([
    ["console.log(1)", ["console"]],
    ["globalThis.URL", ["url"]],
    ["typeof Blob", ["blob"]],
    ["x instanceof FormData", ["form-data"]],
    ["setTimeout(f)", ["timers"]],
    ["fetch(u)", ["fetch"]],
    ["const f = fetch", ["fetch"]],
    ["self.fetch(u)", ["fetch"]],
    ["request.signal", ["abort"]],
    ["({ signal })", ["abort"]],
    ["crypto.subtle.digest(a, b)", ["crypto", "subtle"]],
    ["r.body.getReader()", ["streams"]],
    ["const { body } = r; body.tee()", ["streams"]],
    ["async () => { for await (const c of r.body) ; }", ["streams"]],
    ["new TextDecoder('koi8-r')", ["encoding", "legacy-encodings"]],
    ["date.setUTCHours(1)", ["date-setters"]],
    ["date['set' + unit](1)", ["date-setters"]],
  ])("%s asks for %j", async (code, expected) => {
    expect(await names(code)).toEqual(expected);
  });

  test.each([
    ["a comment", "// console.log(URL)\n/* fetch(u) */"],
    ["a word in a sentence", `"Invalid URL, a Bad Request"`],
    ["a local variable", "function f(URL, fetch) { return fetch(URL) }"],
    ["a method of that name", "const o = { fetch(a) { return a }, URL: 1 }; o.fetch(o.URL)"],
    ["a setter of something else", "map.set(1, 2); date.getDate(); o.reset('x')"],
    ["a binding's fetch", "env.USERS.fetch('/x')"],
    ["a body that is handed on", "new Response(r.body, r)"],
    ["a look whether there is a global object", "typeof globalThis"],
  ])("%s asks for nothing", async (_, code) => {
    expect(await names(code)).toEqual([]);
  });

  test.each([
    ["a computed global", `["Blob"].map((name) => globalThis[name])`],
    ["the global object as a value", `look(globalThis, "Blob")`],
    ["code in a string", `eval("Blob")`],
    ["a name taken out of the global object", `const { Blob: B } = globalThis; B`],
  ])("%s counts by its words", async (_, code) => {
    expect(await names(code)).toContain("blob");
  });

  test("computed globals do not make every handler's own fetch method a use of fetch()", async () => {
    const code = `look(globalThis); export default { async fetch(request, env) { return env.A.fetch(request); } };`;
    expect(await names(code)).not.toContain("fetch");
    expect(await names(`${code} fetch(u)`)).toContain("fetch");
  });
});

describe("the platform's script", () => {
  test("is the same for the same features", async () => {
    const one = await platformFor("new URL(a)");
    const two = await platformFor("URL.parse(b)");
    expect(one.scripts).toEqual(two.scripts);
    expect(one.scripts).not.toEqual((await platformFor("1")).scripts);
  });

  test("every feature can be bundled, and no global belongs to two", async () => {
    const code = FEATURES.flatMap(({ globals, properties = [] }) => [
      ...globals,
      ...properties.map((p) => `x.${p}`),
    ]);
    const platform = await platformFor(`${code.join(";")};x.body.tee();"koi8-r";x.setDate(1)`);
    expect(platform.features).toEqual(FEATURES.map(({ name }) => name));
    const globals = FEATURES.flatMap((feature) => feature.globals);
    expect(new Set(globals).size).toBe(globals.length);
  });
});

describe("single-byte encodings", () => {
  test("every label is one that this runtime knows by the same name", () => {
    for (const [name, labels] of Object.entries(SINGLE_BYTE_LABELS)) {
      expect(labels.split(" ").map((label) => new TextDecoder(label).encoding)).toEqual(
        labels.split(" ").map(() => name),
      );
    }
  });
});

describe("a global that is missing", () => {
  test("is explained", () => {
    expect(explainMissing("ReferenceError: Intl is not defined")).toMatch(
      /^ReferenceError: Intl is not defined \(.*locale/,
    );
    expect(explainMissing("ReferenceError: 'Buffer' is not defined")).toContain("Uint8Array");
    expect(explainMissing("ReferenceError: URL is not defined")).toContain("not seen in the handler");
  });

  test("is left as it is when it is nobody's, or no such error", () => {
    for (const text of [
      "ReferenceError: mine is not defined",
      "TypeError: Intl is not defined",
      "toString",
    ]) {
      expect(explainMissing(text)).toBe(text);
    }
  });
});
