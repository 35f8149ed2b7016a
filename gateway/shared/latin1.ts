/** The same bytes as a string: Latin-1 maps each byte to the character of that number. A copy that leaves with one write. */
export function asLatin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}
