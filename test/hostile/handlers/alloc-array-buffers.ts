import type { Handler } from "nea-gateway";

// Buffers that grow in place.
export default {
  fetch() {
    const buffer = new ArrayBuffer(8, { maxByteLength: 1 << 28 });
    for (let size = 8; ; size *= 2) buffer.resize(size);
  },
} satisfies Handler;
