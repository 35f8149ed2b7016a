/** A line of the last two minutes, for a tile. Decoration: the tile says the figure. */
const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 24;

export class Sparkline {
  readonly root = document.createElementNS(NAMESPACE, "svg");
  readonly #line = document.createElementNS(NAMESPACE, "path");

  constructor() {
    this.root.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.root.setAttribute("preserveAspectRatio", "none");
    this.root.setAttribute("aria-hidden", "true");
    this.root.append(this.#line);
  }

  /** The last value is at the right edge; null is a gap. */
  update(values: readonly (number | null)[]): void {
    const highest = Math.max(1e-9, ...values.map((value) => value ?? 0));
    let path = "";
    let pen = "M";
    values.forEach((value, index) => {
      if (value === null) {
        pen = "M";
        return;
      }
      const x = WIDTH - values.length + index;
      const y = HEIGHT - 1 - (value / highest) * (HEIGHT - 3);
      path += `${pen}${x} ${y.toFixed(1)}`;
      pen = "L";
    });
    this.#line.setAttribute("d", path);
  }
}
