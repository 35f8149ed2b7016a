/** FormData, and bodies made from it and read as it. */
import { parseMediaType } from "../blob/media-type.ts";
import { type FormEntry, FormData, entriesOf, isFormData } from "../form/form-data.ts";
import { readMultipart } from "../form/multipart-read.ts";
import { writeMultipart } from "../form/multipart-write.ts";
import { defineGlobals } from "../global.ts";
import { Body } from "../http/body.ts";
import { bodyReaders } from "../http/body-mixin.ts";
import { bodyKinds } from "../http/extract-body.ts";
import { utf8DecodeWithMark } from "../http/utf8.ts";
import { parseUrlEncoded } from "../url/url-encoded.ts";
import { randomBytes } from "../life/random.ts";
import "./blob.ts";

bodyKinds.push({
  is: isFormData,
  extract: (form) => {
    const boundary = `----nea-form-${randomBytes(16).toHex()}`;
    return new Body(
      writeMultipart(entriesOf(form as FormData), boundary),
      `multipart/form-data; boundary=${boundary}`,
    );
  },
});

bodyReaders.formData = (bytes, contentType) => {
  const form = new FormData();
  entriesOf(form).push(...readEntries(bytes, contentType));
  return form;
};

function readEntries(bytes: Uint8Array, contentType: string): FormEntry[] {
  const type = parseMediaType(contentType);
  if (type?.essence === "multipart/form-data")
    return readMultipart(bytes, type.parameters.get("boundary") ?? "");
  if (type?.essence === "application/x-www-form-urlencoded") return pairsOf(utf8DecodeWithMark(bytes));
  const given =
    contentType === "" ? "it has no content-type" : `its content-type is ${contentType.slice(0, 100)}`;
  throw new TypeError(`formData(): the body is neither multipart/form-data nor urlencoded: ${given}`);
}

function pairsOf(text: string): FormEntry[] {
  const flat = parseUrlEncoded(text);
  return Array.from({ length: flat.length / 2 }, (_, i) => ({ name: flat[2 * i]!, value: flat[2 * i + 1]! }));
}

defineGlobals({ FormData });
