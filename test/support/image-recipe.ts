// What an image is made of and in, for tests of whoever makes it.
import type { ImageRecipe } from "../../gateway/arena/image-builder.ts";
import { PAGE_BYTES } from "../../gateway/arena/layout.ts";
import { platformFor } from "../../gateway/handle/platform.ts";
import { MIB } from "./arena-lab.ts";

export const ARENA_BYTES = 4 * MIB;

export function sharedMemory(): WebAssembly.Memory {
  const pages = ARENA_BYTES / PAGE_BYTES;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

export async function recipeOf(code: string, cpuMs: number): Promise<ImageRecipe> {
  const { extensions, scripts } = await platformFor(code);
  const settings = { env: {}, bindings: [], arenaBytes: ARENA_BYTES, hasUpstream: false, mayFetch: false };
  return {
    arenaBytes: ARENA_BYTES,
    extensions: [...extensions],
    platform: [...scripts],
    handler: { name: "hello.ts", code },
    configuration: JSON.stringify(settings),
    warm: [],
    cpuUs: cpuMs * 1000,
  };
}
