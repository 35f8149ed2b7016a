/**
 * Whatever text the loader is given, it gives back a config or a ConfigError whose faults can be found in that text. It
 * never throws anything else and never hangs. Seeds are fixed; fast-check prints what failed.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { ConfigError, parseConfig } from "../../gateway/config.ts";
import { listKeys } from "../../gateway/config/reference.ts";

const shipped = readFileSync("config/gateway.yaml", "utf8");

function load(text: string): "config" | "faults" {
  try {
    parseConfig(text, "config/gateway.yaml", { HOME: "/root" });
    return "config";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.faults.length).toBeGreaterThan(0);
    const lines = text.split(/\r\n|\r|\n/);
    for (const { line, column, problem } of error.faults) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
      expect(problem).toMatch(/^\S.*\S$/s);
      expect(problem).not.toMatch(/\n|undefined|\[object/);
    }
    return "faults";
  }
}

test("any text", () => {
  const yamlish = fc.stringMatching(/^[-?:,[\]{}#&*!|>'"%@` \n\ta-z0-9$~.<]{0,80}$/);
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString("latin1"));
  fc.assert(
    fc.property(fc.oneof(yamlish, bytes), (text) => void load(text)),
    {
      seed: 5,
      numRuns: 500,
    },
  );
});

test("the shipped config with pieces taken out, put in and swapped", () => {
  const edit = fc.record({
    at: fc.nat({ max: shipped.length }),
    length: fc.nat({ max: 30 }),
    insert: fc.oneof(
      fc.constantFrom(
        "",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "\n",
        "\t",
        "*a",
        "&a ",
        "!x ",
        '"',
        "'",
        "${",
        "${HOME}",
        "null",
        "~",
        "1e99",
        "-1",
        ".nan",
        "0x10",
        "<<: ",
      ),
      fc.constantFrom(
        "__proto__",
        "constructor",
        "routes",
        "pools:",
        "slots",
        "\n  ",
        "..",
        "%2e",
        "\u0000",
        "\ufeff",
        "ö",
      ),
    ),
  });
  const seen = { config: 0, faults: 0 };
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const text = edits.reduce(
        (now, { at, length, insert }) => now.slice(0, at) + insert + now.slice(at + length),
        shipped,
      );
      seen[load(text)]++;
    }),
    { seed: 6, numRuns: 400 },
  );
  // Otherwise the edits test one outcome only.
  expect(Math.min(seen.config, seen.faults)).toBeGreaterThan(20);
});

test("the right keys with the wrong values, at any depth", () => {
  const words = [...new Set(listKeys().flatMap(({ key }) => key.split(/[.[\]]+/)))].filter(
    (word) => word !== "",
  );
  const key = fc.oneof(
    fc.constantFrom(...words),
    fc.constantFrom("app", "small", "x", "__proto__", "toString", ""),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(
        null,
        true,
        0,
        -1,
        1.5,
        1e400,
        "",
        "4Mi",
        "10s",
        "small",
        "app",
        "fail",
        "/",
        "/a",
        "GET /",
        "http://h",
        "0.0.0.0:80",
        "\n",
        "x".repeat(300),
      ),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(key, tie("any"), { maxKeys: 5 }),
    ),
  })).any;
  const config = fc.dictionary(
    fc.constantFrom("routes", "pools", "upstreams", "limits", "fleet", "tls", "drain", "proxy", "log"),
    value,
    { minKeys: 1 },
  );
  fc.assert(
    fc.property(config, (values) => void load(stringify(values))),
    { seed: 7, numRuns: 500 },
  );
});
