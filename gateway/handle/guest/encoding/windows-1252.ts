/** windows-1252 and its labels (Encoding standard, section 4.2); only 0x80 to 0x9F differ from Unicode's. */
import { type SingleByte, singleByte } from "./single-byte.ts";

const LABELS =
  "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 " +
  "iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252";
const C1 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

export function windows1252(label: string, fatal: boolean): SingleByte | undefined {
  if (!LABELS.split(" ").includes(label)) return undefined;
  let upper = C1;
  for (let code = 0xa0; code <= 0xff; code++) upper += String.fromCharCode(code);
  return singleByte("windows-1252", upper, fatal);
}
