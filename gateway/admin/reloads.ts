/** What became of changes to the configuration: told by whoever reloads, shown by metrics and the page. */

export interface ReloadState {
  /** The generation that serves; 1 is what the gateway started with. */
  readonly generation: number;
  readonly succeeded: number;
  readonly failed: number;
  /** ISO time of the last attempt; null: there was none. */
  readonly lastAt: string | null;
  /** Why the last attempt failed; null if it did not. */
  readonly lastError: string | null;
}

/** A list of faults can be long; the log has all of it. */
const ERROR_CHARACTERS = 2000;

export class Reloads {
  #state: ReloadState = { generation: 1, succeeded: 0, failed: 0, lastAt: null, lastError: null };

  get state(): ReloadState {
    return this.#state;
  }

  succeeded(): void {
    const { generation, succeeded } = this.#state;
    const lastAt = new Date().toISOString();
    this.#state = { ...this.#state, generation: generation + 1, succeeded: succeeded + 1, lastAt, lastError: null };
  }

  failed(message: string): void {
    const lastError = message.slice(0, ERROR_CHARACTERS);
    this.#state = { ...this.#state, failed: this.#state.failed + 1, lastAt: new Date().toISOString(), lastError };
  }
}
