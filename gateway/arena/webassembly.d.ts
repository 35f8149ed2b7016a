/** The part of the WebAssembly JavaScript API that we use; TypeScript has it only together with the whole DOM. */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  type ImportValue = Memory | Table | Global | ((...args: never[]) => unknown);
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;
  interface ModuleImportDescriptor {
    module: string;
    name: string;
    kind: "function" | "table" | "memory" | "global";
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    static imports(module: Module): ModuleImportDescriptor[];
    static exports(module: Module): { name: string; kind: string }[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
  }
  class Table {
    readonly length: number;
    grow(slots: number): number;
  }
  class Global<T extends "i32" = "i32"> {
    constructor(descriptor: { value: T; mutable: boolean }, value: number);
    value: number;
  }
}
