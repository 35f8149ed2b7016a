/** Makes config/README.md from the schema: every key with its values, default and meaning. */
import { z } from "zod";
import { keyDocs } from "./key.ts";
import type { KeyDoc } from "./key.ts";
import { configSchema } from "./schema.ts";

interface Entry {
  /** `pools.NAME.arena`, `routes[].handler` */
  readonly key: string;
  readonly doc: KeyDoc;
}

const INTRODUCTION = `# The configuration file

<!-- Made from the schema, and compared with it to the letter. -->
<!-- prettier-ignore-start -->

One YAML 1.2 file, \`config/gateway.yaml\` unless \`--config\` names another. \`nea check\` reports everything that is
wrong with it at once, each with file, line and column. A key that is not below is an error.

- Durations: \`250ms\`, \`10s\`, \`5m\`, \`1h\`. Sizes: bytes, or \`64Ki\`, \`4Mi\`, \`1Gi\`, \`1Ti\`.
- File names are relative to the configuration file.
- \`\${NAME}\` in a value is replaced by that environment variable, \`\${NAME:-text}\` by the text if it is unset or empty;
  \`$\${\` stands for \`\${\`. The result is text, whatever it looks like; numbers may be given as text (\`slots: "\${SLOTS}"\`).
- Anchors and aliases (\`limits: *strict\`) work; merge keys (\`<<\`) do not.
- "Restart" in the last column: a change of the key needs one. Everything else is taken up by a reload.

This file is made from the definitions in gateway/config/schema*.ts; \`npx vitest run test/unit/config-reference.test.ts -u\`
writes it anew.

## How paths are compared

A request must not get past a route by spelling its path differently. Routes are matched on a canonical form; what is
forwarded, logged and given to handlers is the path as it was sent. With routes for \`/hello\` and \`/\`:

| sent | matched as | nginx 1.22 with the same locations |
| --- | --- | --- |
| \`/%68ello\` | \`/hello\` | the same |
| \`//hello\`, \`/hello//x\` | \`/hello\`, \`/hello/x\` | the same |
| \`/%2fhello\`, \`/hello%2fx\` | \`/hello\`, \`/hello/x\` | the same |
| \`/hello%5cx\` (a backslash) | \`/hello/x\` | another path, not under \`/hello\` |
| \`/x/../hello\`, \`/x/%2e%2e/hello\`, \`/./hello\` | 400 | resolved: \`/hello\` |
| \`/x/..;/hello\` | 400 | another path |
| \`/x\\..\\hello\`, \`/hello#x\`, bytes above 7F | 400 | another path; \`#x\` is cut off |
| \`/hello%zz\`, \`/hello%\`, \`/hello%00\`, control characters | 400 | the same |
| \`/HELLO\`, \`/hello;v=1\`, \`/%2568ello\` | other paths, not under \`/hello\` | the same |

Where nginx resolves dot segments and then passes on what it was sent, a server behind it may resolve them differently;
clients resolve them before sending, so refusing them costs nobody.
`;

/** The whole of config/README.md. */
export function renderReference(): string {
  const top = Object.entries(configSchema.shape).map(([key, schema]) => ({
    key,
    schema,
    below: entriesBelow(schema, key),
  }));
  const single = top
    .filter(({ below }) => below.length === 0)
    .map(({ key, schema }) => ({ key, doc: docOf(schema) }));
  const groups = top.filter(({ below }) => below.length > 0);
  return [
    INTRODUCTION,
    "## Single keys\n",
    table(single),
    ...groups.flatMap(({ key, schema, below }) => [
      `## ${key}\n`,
      `${docOf(schema).meaning}\n`,
      table(below),
    ]),
    "<!-- prettier-ignore-end -->\n",
  ].join("\n");
}

/** Every key of the file with its documentation. */
export function listKeys(): Entry[] {
  return entriesBelow(configSchema, "");
}

function entriesBelow(schema: z.ZodType, prefix: string): Entry[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, value]) => {
      const path = prefix === "" ? key : `${prefix}.${key}`;
      return [{ key: path, doc: docOf(value) }, ...entriesBelow(value, path)];
    });
  }
  if (inner instanceof z.ZodArray) return entriesBelow(inner.element as z.ZodType, `${prefix}[]`);
  if (inner instanceof z.ZodRecord) return entriesBelow(inner.valueType as z.ZodType, `${prefix}.NAME`);
  if (inner instanceof z.ZodUnion)
    return inner.options.flatMap((option) => entriesBelow(option as z.ZodType, prefix));
  return [];
}

/** Without the layers for "may be left out" and for what then holds. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const wrapped = schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return wrapped ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

function docOf(schema: z.ZodType): KeyDoc {
  const doc = keyDocs.get(schema);
  if (doc === undefined)
    throw new Error("a key of the config has no documentation: define it with config/key.ts");
  return doc;
}

function table(entries: readonly Entry[]): string {
  const rows = entries.map(({ key, doc }) => {
    const values = doc.range === undefined ? doc.form : `${doc.form}, ${doc.range}`;
    return `| \`${key}\` | ${values} | ${defaultOf(doc)} | ${doc.meaning}${doc.restart ? " Restart." : ""} |`;
  });
  return ["| key | value | default | meaning |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

function defaultOf({ form, default: fallback }: KeyDoc): string {
  if (fallback === undefined) return form.startsWith("section") ? "" : "required";
  return fallback;
}
