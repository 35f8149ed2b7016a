/** TextDecoder for the single-byte encodings; their tables are put in when the script is bundled. */
import { ENCODINGS } from "nea:single-byte";
import { singleByte, singleByteOf } from "../encoding/single-byte.ts";
import "./encoding.ts";

singleByteOf.push((label, fatal) => {
  for (const [name, labels, upper] of ENCODINGS) {
    if (labels.split(" ").includes(label)) return singleByte(name, upper, fatal);
  }
  return undefined;
});
