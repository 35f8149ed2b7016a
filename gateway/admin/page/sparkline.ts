/** A line of the last two minutes, for a tile. Decoration: the tile says the figure. */
const NAMESPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 24;
/** A gateway that has just started has few points; they are not stretched beyond this. */
const LEAST_POINTS = 30;

export class Sparkline {
  readonly root = document.createElementNS(NAMESPACE, "svg");
  readonly #line = document.createElementNS(NAMESPACE, "path");

  constructor() {
    this.root.setAttribute("preserveAspectRatio", "none");
    this.root.setAttribute("aria-hidden", "true");
    this.root.append(this.#line);
  }

  /** The last value is at the right edge; null is a gap. */
  update(values: readonly (number | null)[]): void {
    const width = Math.max(LEAST_POINTS, values.length) - 1;
    this.root.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const highest = Math.max(1e-9, ...values.map((value) => value ?? 0));
    let path = "";
    let pen = "M";
    values.forEach((value, index) => {
      if (value === null) {
        pen = "M";
        return;
      }
      const x = width + 1 - values.length + index;
      const y = HEIGHT - 1 - (value / highest) * (HEIGHT - 3);
      path += `${pen}${x} ${y.toFixed(1)}`;
      pen = "L";
    });
    this.#line.setAttribute("d", path);
  }
}
