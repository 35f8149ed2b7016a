// A platform's bytecode is kept from one image to the next: an image is the same whether its platform was compiled for it or not.
import { beforeAll, expect, test } from "vitest";
import { loadEngine } from "../../gateway/arena/engine.ts";
import { ImageBuilder, type ImageRecipe } from "../../gateway/arena/image-builder.ts";
import { DATA_START } from "../../gateway/arena/layout.ts";
import { recipeOf, sharedMemory } from "../support/image-recipe.ts";

const CPU_MS = 5000;
const HELLO = "export default { fetch: () => new Response('hello') };";
/** Each has another platform; they are more than are kept. */
const MENTIONS = [
  "",
  "URL",
  "FormData",
  "structuredClone",
  "TextDecoder",
  "AbortController",
  "crypto.subtle",
];
/** Of some 450 KB: the engine's random numbers, and what hangs on them. Another platform differs in tens of thousands. */
const MOST_DIFFERENT = 1000;

const engine = loadEngine();
let recipes: ImageRecipe[];
beforeAll(async () => {
  recipes = await Promise.all(
    MENTIONS.map((mention) => recipeOf(`globalThis.mentioned = () => ${mention || 0}; ${HELLO}`, CPU_MS)),
  );
});

/** A thread's: it has made no image yet. */
class Bench {
  readonly #memory = sharedMemory();
  readonly #builder = new ImageBuilder(engine, this.#memory, sharedMemory());

  /** What the image consists of. */
  image(recipe: ImageRecipe): Buffer {
    const result = this.#builder.build(recipe);
    if (!result.ok) throw new Error(JSON.stringify(result.failure));
    const { dataBytes } = result.image;
    return Buffer.from(new Uint8Array(this.#memory.buffer, DATA_START, dataBytes).slice());
  }

  failure(recipe: ImageRecipe): string {
    const result = this.#builder.build(recipe);
    return result.ok ? "none" : result.failure.reason;
  }
}

/** How many bytes of one are not the other's. */
function differences(one: Buffer, other: Buffer): number {
  if (one.length !== other.length) return Infinity;
  return one.reduce((count, byte, index) => count + (byte === other[index] ? 0 : 1), 0);
}

test("seven platforms in turn, one after another that is kept or is not, and failures in between", () => {
  expect(new Set(recipes.map(({ platform }) => platform[0]!.code)).size).toBe(MENTIONS.length);
  const alone = recipes.map((recipe) => new Bench().image(recipe));
  const bench = new Bench();
  // Again at once, so that it is kept; then all the others, so that it is not.
  for (const index of [0, 0, 1, 2, 1, 0, 3, 4, 5, 6, 0, 6, 5, 4, 3, 2, 1]) {
    expect(differences(bench.image(recipes[index]!), alone[index]!), MENTIONS[index]).toBeLessThan(
      MOST_DIFFERENT,
    );
    const { handler, ...rest } = recipes[index]!;
    expect(bench.failure({ ...rest, handler: { ...handler, code: "throw new Error('no')" } })).toBe("threw");
  }
});
