/**
 * Numbers by number, forgotten all at once: what is known of shapes while one text is written. Not a Map: one that lives long and is
 * cleared for every text leaves a dead table each time, which the next one hangs on, and V8 keeps them all until it is pressed.
 *
 * Bound: SHAPES_MAX entries, in twice as many places.
 */
export const SHAPES_MAX = 1024;

const PLACES = 2 * SHAPES_MAX;
const PLACE_BITS = Math.log2(PLACES);
/** Of a place: the key, the text it belongs to, the number. */
const [KEY, ROUND, NUMBER, PLACE_WORDS] = [0, 1, 2, 3];
export const TABLE_BYTES = 4 * PLACES * PLACE_WORDS;
const LAST_ROUND = 0x7fff_ffff;

/** As many bits as wanted of a key times 2^32 by the golden ratio (multiplicative hashing). */
const SPREAD = 0x9e37_79b1;

export const UNKNOWN = -2;

export class ShapeTable {
  readonly #words = new Int32Array(PLACES * PLACE_WORDS);
  #round = 0;
  #count = 0;

  forget(): void {
    this.#count = 0;
    if (this.#round === LAST_ROUND) this.#words.fill(0);
    this.#round = this.#round === LAST_ROUND ? 1 : this.#round + 1;
  }

  get(key: number): number {
    const place = this.#place(key);
    return this.#words[place + ROUND] === this.#round ? this.#words[place + NUMBER]! : UNKNOWN;
  }

  /** False when the table is full. */
  set(key: number, number: number): boolean {
    if (this.#count === SHAPES_MAX) return false;
    const words = this.#words;
    const place = this.#place(key);
    if (words[place + ROUND] !== this.#round) this.#count++;
    words[place + KEY] = key;
    words[place + ROUND] = this.#round;
    words[place + NUMBER] = number;
    return true;
  }

  /** Where the key is, or the free place where it would be: half of the places are free. */
  #place(key: number): number {
    const words = this.#words;
    let index = Math.imul(key, SPREAD) >>> (32 - PLACE_BITS);
    for (;;) {
      const place = index * PLACE_WORDS;
      if (words[place + ROUND] !== this.#round || words[place + KEY] === key) return place;
      index = (index + 1) & (PLACES - 1);
    }
  }
}
