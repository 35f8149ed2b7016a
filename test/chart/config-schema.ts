/** The part of values.schema.json about `config`, made from the gateway's own schema: every key, its range, its meaning. */
import { z } from "zod";
import { type KeyDoc, keyDocs } from "../../gateway/config/key.ts";
import { unwrap } from "../../gateway/config/reference.ts";
import { configSchema } from "../../gateway/config/schema.ts";

export interface JsonSchema {
  [keyword: string]: unknown;
}

export function configJsonSchema(): JsonSchema {
  return schemaOf(configSchema);
}

function schemaOf(schema: z.ZodType): JsonSchema {
  const doc = keyDocs.get(schema);
  const described = doc === undefined ? {} : { description: doc.meaning };
  return { ...described, ...shapeOf(unwrap(schema), doc) };
}

function shapeOf(inner: z.ZodType, doc: KeyDoc | undefined): JsonSchema {
  if (inner instanceof z.ZodObject) {
    const entries = Object.entries(inner.shape as Record<string, z.ZodType>);
    const properties = Object.fromEntries(entries.map(([key, value]) => [key, schemaOf(value)]));
    return { type: "object", additionalProperties: false, properties };
  }
  if (inner instanceof z.ZodArray) return { type: "array", items: schemaOf(inner.element as z.ZodType) };
  if (inner instanceof z.ZodRecord)
    return { type: "object", additionalProperties: schemaOf(inner.valueType as z.ZodType) };
  if (inner instanceof z.ZodUnion)
    return { anyOf: inner.options.map((option) => schemaOf(option as z.ZodType)) };
  if (inner instanceof z.ZodLiteral) return { const: inner.value };
  return scalarOf(doc);
}

/** Keywords for numbers do not hold for text and the other way round, so one schema can allow both. */
function scalarOf(doc: KeyDoc | undefined): JsonSchema {
  switch (doc?.form) {
    case "whole number":
      return { type: ["integer", "string"], ...limitsOf(doc), pattern: orVariable("[0-9]+") };
    case "number":
      return { type: ["number", "string"], ...limitsOf(doc), pattern: orVariable("[0-9.]+") };
    case "size":
      return {
        type: ["integer", "string"],
        minimum: 0,
        pattern: orVariable("[0-9]+([.][0-9]+)?(Ki|Mi|Gi|Ti)?"),
      };
    case "duration":
      return { type: "string", pattern: orVariable("0|[0-9]+([.][0-9]+)?(ms|s|m|h)") };
    case "true or false":
      return { type: ["boolean", "string"], pattern: orVariable("true|false") };
    default:
      return { type: ["string", "number", "boolean"] };
  }
}

function limitsOf({ range = "" }: KeyDoc): JsonSchema {
  const [, minimum, maximum] = /^(\d+) to (\d+)$/.exec(range) ?? [];
  return minimum === undefined ? {} : { minimum: Number(minimum), maximum: Number(maximum) };
}

/** What the pattern allows, or anything with a variable in it: what that holds is known only in the pod. */
function orVariable(pattern: string): string {
  return `^(${pattern})$|[$][{]`;
}
