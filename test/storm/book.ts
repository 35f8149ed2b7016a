// Who asked what and was answered: one byte per request, so that an hour of storm fits. Requests are numbered; the number
// is in the request's id (and so in the access log) and in the secret that the request carries.

const ID = /^storm-(\d+)$/;
const SECRET = /SECRET-(\d+)-/g;
/** As many violations as help anybody. */
const MOST_KEPT = 20;

export const idOf = (number: number): string => `storm-${number}`;
/** Ends in a letter that no number continues with. */
export const secretOf = (number: number): string => `SECRET-${number}-`;

/** Small counts by number, that grow as needed. */
export class Counts {
  #bytes = new Uint8Array(4096);

  add(number: number): void {
    if (number >= this.#bytes.length) {
      const larger = new Uint8Array(2 * number);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    if (this.#bytes[number]! < 255) this.#bytes[number]!++;
  }

  of(number: number): number {
    return this.#bytes[number] ?? 0;
  }
}

export class Book {
  /** Numbers given out so far. */
  asked = 0;
  answers = 0;
  readonly answered = new Counts();
  readonly logged = new Counts();
  /** Ids that the gateway chose itself, because it could not read the request's own, and how often each was logged. */
  readonly foreign = new Map<string, number>();
  /** Secrets of one request that another one's client read. */
  readonly leaks: string[] = [];
  /** Requests that were sent whole and then met neither an answer nor the end of their connection. */
  readonly hung: string[] = [];
  /** Answers that no strict reader understands. */
  readonly malformed: string[] = [];
  readonly statuses = new Map<string, number>();

  next(): number {
    return this.asked++;
  }

  /** An answer was read to its end; `id` is the one it carries. */
  answer(number: number, id: string | undefined, status: number): void {
    this.answers++;
    this.statuses.set(String(status), (this.statuses.get(String(status)) ?? 0) + 1);
    if (id === undefined) this.#keep(this.malformed, `${idOf(number)}: no x-request-id in a ${status}`);
    else if (id === idOf(number)) this.answered.add(number);
    else this.foreign.set(id, this.foreign.get(id) ?? 0);
  }

  /** A line that the gateway wrote about a request's end. */
  line(id: string): void {
    const number = ID.exec(id)?.[1];
    if (number !== undefined) this.logged.add(Number(number));
    else this.foreign.set(id, (this.foreign.get(id) ?? 0) + 1);
  }

  /** Whatever came to the client of this request; the only secret in it may be its own. */
  read(number: number, text: string): void {
    for (const [secret, owner] of text.matchAll(SECRET)) {
      if (Number(owner) !== number) this.#keep(this.leaks, `${idOf(number)} was told ${secret}`);
    }
  }

  hangs(what: string): void {
    this.#keep(this.hung, what);
  }

  misread(number: number, error: string): void {
    this.#keep(this.malformed, `${idOf(number)}: ${error}`);
  }

  #keep(list: string[], text: string): void {
    if (list.length < MOST_KEPT) list.push(text);
  }
}
