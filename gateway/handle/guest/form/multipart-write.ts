/** multipart/form-data as browsers write it (HTML standard, section 4.10.21.8; RFC 7578). */
import { blobBytes } from "../blob/blob.ts";
import { concatenate } from "../http/chunk-source.ts";
import { utf8Encode } from "../http/utf8.ts";
import type { FormEntry } from "./form-data.ts";

export function writeMultipart(entries: readonly FormEntry[], boundary: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (const { name, value } of entries) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escape(withCrLf(name))}"`;
    if (typeof value === "string") chunks.push(utf8Encode(`${head}\r\n\r\n${withCrLf(value)}\r\n`));
    else {
      const type = value.type || "application/octet-stream";
      const file = `; filename="${escape(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`;
      chunks.push(utf8Encode(head + file), blobBytes(value), utf8Encode("\r\n"));
    }
  }
  chunks.push(utf8Encode(`--${boundary}--\r\n`));
  return concatenate(
    chunks,
    chunks.reduce((sum, chunk) => sum + chunk.length, 0),
  );
}

function withCrLf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "\r\n");
}

const ESCAPES: Record<string, string> = { "\r": "%0D", "\n": "%0A", '"': "%22" };

function escape(text: string): string {
  return text.replace(/[\r\n"]/g, (found) => ESCAPES[found]!);
}
