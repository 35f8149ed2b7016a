/**
 * The images of all handlers. One is made in the scratch arena, kept in the images memory, and there for as long as a generation
 * has it.
 *
 * Bound: the images memory (config `images`). Owner: arenas.ts.
 */
import { SLOT } from "./control.ts";
import type { BuiltImage } from "./image-builder.ts";
import {
  IMAGE,
  IMAGE_HEADER_BYTES,
  type ImageSpan,
  type ImageStore,
  gapBytes,
  partsBetween,
} from "./image.ts";
import { DATA_START, EXTENSION_START } from "./layout.ts";
import type { Share } from "./share.ts";
import type { Slots } from "./slots.ts";

/** An image that is ready to run, and what is needed to read a stopped arena that was made from it. */
export interface Image {
  span: ImageSpan;
  /** Bytes of the image itself: what a reset copies. */
  bytes: number;
  runtime: number;
  context: number;
  topPages: number;
  /** What its handler has had of the threads' time. */
  share: Share;
  /** How many generations have it. */
  users: number;
}

export class ImagesFullError extends Error {
  override name = "ImagesFullError";
}

export class Images {
  readonly store: ImageStore;
  readonly #slots: Slots;

  constructor(store: ImageStore, slots: Slots) {
    this.store = store;
    this.#slots = slots;
  }

  /** Stores what stands in the scratch arena; its first generation has it. Throws ImagesFullError when there is no room for it. */
  add(built: BuiltImage, share: Share): Image {
    const bytes = built.dataBytes - gapBytes(built.gaps) + built.extensionBytes;
    const span = this.#reserve(bytes);
    this.#writeHeader(span, built);
    const images = new Uint8Array(this.store.memory.buffer);
    const scratch = this.#slots.scratch.bytes;
    let to = span.offset + IMAGE_HEADER_BYTES;
    images.set(scratch.subarray(EXTENSION_START, EXTENSION_START + built.extensionBytes), to);
    to += built.extensionBytes;
    for (const part of partsBetween(built.gaps, DATA_START, built.dataBytes)) {
      images.set(scratch.subarray(part.address, part.address + part.bytes), to);
      to += part.bytes;
    }
    const { runtime, context, topPages } = built;
    return { span, bytes, runtime, context, topPages, share, users: 1 };
  }

  /** One more generation has this image. */
  keep(image: Image): Image {
    image.users++;
    return image;
  }

  /**
   * One generation fewer has it; with the last its room is free. None of that generation's runs may use it any more; free slots that
   * still hold an image that is gone forget what they hold.
   */
  release(image: Image): void {
    if (--image.users > 0) return;
    this.store.release(image.span);
    for (const { control } of this.#slots.byIndex) {
      if (control[SLOT.cleanImage] === image.span.offset) control[SLOT.cleanImage] = 0;
      if (control[SLOT.loadedImage] === image.span.offset) control[SLOT.loadedImage] = 0;
    }
  }

  #reserve(bytes: number): ImageSpan {
    const span = this.store.reserve(IMAGE_HEADER_BYTES + bytes);
    if (span) return span;
    const { usedBytes, capacityBytes } = this.store;
    throw new ImagesFullError(
      `an image of ${bytes} bytes does not fit: ${usedBytes} of ${capacityBytes} are in use`,
    );
  }

  #writeHeader(span: ImageSpan, built: BuiltImage): void {
    const header = new Int32Array(this.store.memory.buffer, span.offset, IMAGE_HEADER_BYTES / 4);
    header[IMAGE.dataBytes] = built.dataBytes;
    header[IMAGE.extensionBytes] = built.extensionBytes;
    header[IMAGE.stackPointer] = built.stackPointer;
    header[IMAGE.topPages] = built.topPages;
    header[IMAGE.runtime] = built.runtime;
    header[IMAGE.context] = built.context;
    header[IMAGE.turn] = built.turn;
    header[IMAGE.gaps] = built.gaps.length;
    built.gaps.forEach(({ address, bytes }, index) => {
      header.set([address, bytes], IMAGE.firstGap + 2 * index);
    });
  }
}
