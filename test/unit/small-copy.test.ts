// What stands in for the engine's memory.copy does the same, whatever the length and however the spans overlap.
import { describe, expect, test } from "vitest";
import { writeExports, writeImports } from "../../gateway/arena/module/module-edit.ts";
import { COPY_TYPE, SMALL_BYTES, copyBody } from "../../gateway/arena/module/small-copy.ts";
import { EXTERNAL_KIND, SECTION, WasmWriter, joinSections } from "../../gateway/arena/module/wasm-binary.ts";

const PAGE = 65_536;

function instance() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const limits = new WasmWriter().byte(3).u32(1).u32(1).done();
  const imported = { module: "test", name: "memory", kind: EXTERNAL_KIND.memory, description: limits };
  const binary = joinSections(
    new Map([
      [SECTION.type, Uint8Array.of(1, ...COPY_TYPE)],
      [SECTION.import, writeImports([imported])],
      [SECTION.function, Uint8Array.of(1, 0)],
      [SECTION.export, writeExports([{ name: "copy", kind: EXTERNAL_KIND.function, index: 0 }])],
      [SECTION.code, new WasmWriter().u32(1).sized(copyBody()).done()],
    ]),
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { test: { memory } });
  const copy = exports["copy"] as (to: number, from: number, bytes: number) => void;
  return { copy, bytes: Buffer.from(memory.buffer) };
}

describe("copying", () => {
  const { copy, bytes } = instance();
  const fresh = () => Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 7 + 1) & 0xff));

  function copied(to: number, from: number, length: number): Buffer {
    fresh().copy(bytes);
    copy(to, from, length);
    return Buffer.from(bytes.subarray(0, 512));
  }

  test("moves every length up to twice the small one, at every distance, and nothing else", () => {
    for (let length = 0; length <= 2 * SMALL_BYTES; length++) {
      for (let distance = -length - 1; distance <= length + 1; distance++) {
        const expected = fresh();
        expected.copyWithin(200 + distance, 200, 200 + length);
        const found = copied(200 + distance, 200, length);
        if (!found.equals(expected)) expect.fail(`${length} bytes by ${distance}`);
      }
    }
  });

  test("reaches the last byte of the memory, and traps past it", () => {
    for (const length of [1, 2, 5, 9, 20, SMALL_BYTES, 200]) {
      copy(PAGE - length, 0, length);
      copy(0, PAGE - length, length);
      expect(() => copy(PAGE - length + 1, 0, length)).toThrow("out of bounds");
      expect(() => copy(0, PAGE - length + 1, length)).toThrow("out of bounds");
    }
  });
});
