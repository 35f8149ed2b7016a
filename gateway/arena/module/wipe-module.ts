/**
 * A module of two functions over two memories, 0 the arena and 1 the images: what a reset does, at the speed of the
 * processor's own block moves (a TypedArray over shared memory is filled fifteen times slower, element by element).
 *
 *   restore(to, from, bytes)   arena[to..] = images[from..]
 *   save(to, from, bytes)      images[to..] = arena[from..]
 *   wipe(start, bytes)         arena[start..] = 0
 */
import { EXTERNAL_KIND, SECTION, WasmWriter, joinSections } from "./wasm-binary.ts";
import { writeExports, writeImports } from "./module-edit.ts";

const I32 = 0x7f;
const [LOCAL_GET, I32_CONST, END] = [0x20, 0x41, 0x0b];
const [MEMORY_COPY, MEMORY_FILL] = [10, 11];

export function wipeModule(): Uint8Array<ArrayBuffer> {
  const sharedLimits = new WasmWriter().byte(3).u32(1).u32(65_536).done();
  const memory = (name: string) => ({
    module: "nea",
    name,
    kind: EXTERNAL_KIND.memory,
    description: sharedLimits,
  });
  const copyType = [0x60, 3, I32, I32, I32, 0];
  const wipeType = [0x60, 2, I32, I32, 0];
  const bodies = [copyBody(0, 1), copyBody(1, 0), wipeBody()];
  const code = new WasmWriter().u32(bodies.length);
  for (const body of bodies) code.sized(body);
  const exported = (name: string, index: number) => ({ name, kind: EXTERNAL_KIND.function, index });
  return joinSections(
    new Map([
      [SECTION.type, Uint8Array.from([2, ...copyType, ...wipeType])],
      [SECTION.import, writeImports([memory("memory"), memory("images")])],
      [SECTION.function, Uint8Array.of(3, 0, 0, 1)],
      [SECTION.export, writeExports([exported("restore", 0), exported("save", 1), exported("wipe", 2)])],
      [SECTION.code, code.done()],
    ]),
  );
}

function copyBody(toMemory: number, fromMemory: number): Uint8Array {
  const parameters = [LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2];
  return Uint8Array.from([0, ...parameters, 0xfc, MEMORY_COPY, toMemory, fromMemory, END]);
}

function wipeBody(): Uint8Array {
  return Uint8Array.from([0, LOCAL_GET, 0, I32_CONST, 0, LOCAL_GET, 1, 0xfc, MEMORY_FILL, 0, END]);
}
