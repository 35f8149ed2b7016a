/** The checksums of gzip (CRC-32, RFC 1952 section 8) and zlib (Adler-32, RFC 1950 section 9), chunk by chunk. */

export interface Checksum {
  add(bytes: Uint8Array): void;
  /** Unsigned, 32 bits. */
  readonly value: number;
}

const POLYNOMIAL = 0xedb88320;
let table: Int32Array | undefined;

function crcTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    return value;
  });
}

export function crc32(): Checksum {
  const entries = (table ??= crcTable());
  let state = -1;
  return {
    add(bytes) {
      let crc = state;
      for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ entries[(crc ^ bytes[i]!) & 0xff]!;
      state = crc;
    },
    get value() {
      return ~state >>> 0;
    },
  };
}

const ADLER = 65_521;
/** As many bytes can be summed before the sums need 32 bits. */
const ADLER_RUN = 3800;

export function adler32(): Checksum {
  let [low, high] = [1, 0];
  return {
    add(bytes) {
      for (let start = 0; start < bytes.length; start += ADLER_RUN) {
        const end = Math.min(start + ADLER_RUN, bytes.length);
        for (let i = start; i < end; i++) high += low += bytes[i]!;
        low %= ADLER;
        high %= ADLER;
      }
    },
    get value() {
      return ((high << 16) | low) >>> 0;
    },
  };
}
