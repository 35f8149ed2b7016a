/** A table whose rows come and go. It scrolls by itself where the screen is narrow, also with the keyboard. */
import { type Child, element, type Row, Rows, setText } from "./dom.ts";

export interface Column<T> {
  readonly name: string;
  readonly kind?: "number" | "code";
  readonly text: (item: T) => string;
  /** Instead of text alone: made once per row, then told of changes. */
  readonly cell?: () => { readonly root: Child; update(item: T): void };
}

export class Table<T> {
  readonly root: HTMLElement;
  readonly #rows: Rows<T>;
  readonly #nothing: HTMLElement;
  readonly #table: HTMLElement;

  constructor(caption: string, columns: readonly Column<T>[], keyOf: (item: T) => string, nothing: string) {
    const body = element("tbody");
    const heads = columns.map(({ name, kind }) =>
      element("th", { class: kind ?? "", attributes: { scope: "col" } }, name),
    );
    const table = element(
      "table",
      {},
      element("caption", { class: "hidden" }, caption),
      element("thead", {}, element("tr", {}, ...heads)),
      body,
    );
    this.#table = element(
      "div",
      { class: "scroll", attributes: { "role": "region", "tabindex": "0", "aria-label": caption } },
      table,
    );
    this.#nothing = element("p", { class: "note" }, nothing);
    this.root = element("div", {}, this.#table, this.#nothing);
    this.#rows = new Rows(body, keyOf, () => new TableRow(columns));
  }

  update(items: readonly T[]): void {
    this.#table.hidden = items.length === 0;
    this.#nothing.hidden = items.length > 0;
    this.#rows.update(items);
  }
}

class TableRow<T> implements Row<T> {
  readonly root: HTMLElement;
  readonly #updates: ((item: T) => void)[] = [];

  constructor(columns: readonly Column<T>[]) {
    this.root = element("tr", {}, ...columns.map((column) => this.#cell(column)));
  }

  update(item: T): void {
    for (const update of this.#updates) update(item);
  }

  #cell({ kind, text, cell }: Column<T>): HTMLElement {
    const made = cell?.();
    const root = element("td", { class: kind ?? "" }, ...(made ? [made.root] : []));
    this.#updates.push(made ? (item) => made.update(item) : (item) => setText(root, text(item)));
    return root;
  }
}
