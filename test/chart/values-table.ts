/** The table of values in the chart's README, made from the comments in values.yaml that begin with `# --`. */
import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from "yaml";

interface Row {
  readonly key: string;
  readonly fallback: string;
  readonly meaning: string;
}

export function valuesTable(valuesYaml: string): string {
  const { contents } = parseDocument(valuesYaml);
  if (!isMap(contents)) throw new Error("values.yaml is not a mapping");
  const rows = rowsOf(contents, "", valuesYaml);
  return [
    "| value | default | meaning |",
    "| --- | --- | --- |",
    ...rows.map(({ key, fallback, meaning }) => `| \`${key}\` | ${fallback} | ${meaning} |`),
  ].join("\n");
}

function rowsOf(map: YAMLMap, prefix: string, text: string): Row[] {
  return map.items.flatMap((pair, index) => {
    if (!isScalar(pair.key)) throw new Error("a key of values.yaml is not a scalar");
    const key = prefix + String(pair.key.value);
    // The comment above a map's first key belongs to the map, for the parser.
    const comment = pair.key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    const meaning = meaningOf(comment ?? "");
    const own = meaning === undefined ? [] : [{ key, fallback: fallbackOf(pair), meaning }];
    const below = isMap(pair.value) && meaning === undefined ? rowsOf(pair.value, `${key}.`, text) : [];
    return [...own, ...below];
  });
}

/** From `--` to the end of the comment, on one line. */
function meaningOf(comment: string): string | undefined {
  const start = comment.lastIndexOf(" -- ");
  if (start === -1) return undefined;
  const lines = comment.slice(start + 4).split("\n");
  return lines
    .map((line) => line.trim())
    .join(" ")
    .replaceAll("|", "\\|");
}

/** Sections and long texts are too much for a table. */
function fallbackOf({ value }: Pair): string {
  const plain: unknown = isScalar(value) ? value.value : (value as YAMLMap).toJSON();
  const json = JSON.stringify(plain);
  return json.length > 40 ? "see values.yaml" : `\`${json.replaceAll("|", "\\|")}\``;
}
