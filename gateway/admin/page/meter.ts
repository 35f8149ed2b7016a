/** A bar that is filled in part, with the figures beside it. */
import { element, setAttribute, setText } from "./dom.ts";
import { percent } from "./format.ts";

export class Meter {
  readonly root: HTMLElement;
  readonly #fill = element("span", { class: "fill" });
  readonly #mark = element("span", { class: "mark" });
  readonly #text = element("span", { class: "figures" });

  constructor() {
    const bar = element(
      "span",
      { class: "bar", attributes: { "aria-hidden": "true" } },
      this.#fill,
      this.#mark,
    );
    this.root = element("span", { class: "meter" }, bar, this.#text);
  }

  /** `mark`: the highest so far. */
  update(value: number, whole: number, text: string, mark = 0): void {
    this.#fill.style.width = `${percent(value, whole)}%`;
    this.#mark.style.left = `${percent(mark, whole)}%`;
    this.#mark.hidden = mark === 0;
    setAttribute(this.root, "data-full", String(whole > 0 && value >= whole));
    setText(this.#text, text);
  }
}
