/** The little that the page needs to build and change its elements. Text goes in as text: nothing here reads HTML. */

export type Child = Node | string;

export interface Props {
  readonly class?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (props.class !== undefined) made.className = props.class;
  if (props.title !== undefined) made.title = props.title;
  for (const [name, value] of Object.entries(props.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** Only what differs is touched: screen readers announce changes, and selections survive. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

export interface Row<T> {
  readonly root: HTMLElement;
  update(item: T): void;
}

/** Keeps one row per item: rows of known items stay (what is open in them stays open), new ones are made, others go. */
export class Rows<T> {
  readonly #parent: HTMLElement;
  readonly #make: (item: T) => Row<T>;
  readonly #keyOf: (item: T) => string;
  readonly #rows = new Map<string, Row<T>>();

  constructor(parent: HTMLElement, keyOf: (item: T) => string, make: (item: T) => Row<T>) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  update(items: readonly T[]): void {
    const keys = new Set(items.map(this.#keyOf));
    for (const [key, { root }] of this.#rows) {
      if (keys.has(key)) continue;
      root.remove();
      this.#rows.delete(key);
    }
    items.forEach((item, index) => this.#place(item, index));
  }

  #place(item: T, index: number): void {
    const key = this.#keyOf(item);
    let row = this.#rows.get(key);
    if (!row) this.#rows.set(key, (row = this.#make(item)));
    row.update(item);
    const there = this.#parent.children[index];
    if (there !== row.root) this.#parent.insertBefore(row.root, there ?? null);
  }
}
