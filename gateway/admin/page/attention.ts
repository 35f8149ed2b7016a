/** The verdict at the top, and the tab's title. */
import type { LiveView } from "../views/shapes.ts";
import { byId, element } from "./dom.ts";
import { plural } from "./format.ts";
import { type Remark, remarks } from "./verdict.ts";

const MARKS = { bad: "✗", warn: "!" } as const;
const SPOKEN = { bad: "Problem: ", warn: "Warning: " } as const;

export function attention(): (view: LiveView) => void {
  const verdict = byId("verdict");
  let shown = "";
  return (view) => {
    const found = remarks(view);
    const text = JSON.stringify(found);
    // A screen reader speaks what changes here: only real news may touch it.
    if (text === shown) return;
    shown = text;
    verdict.replaceChildren(found.length === 0 ? well() : element("ul", {}, ...found.map(item)));
    const mark = found[0] ? `${MARKS[found[0].level]} ` : "";
    document.title = `${mark}${found.length === 0 ? "well" : plural(found.length, "remark")} · ${view.gateway.host} · Nea Gateway`;
  };
}

function well(): HTMLElement {
  return element("p", { class: "verdict", attributes: { "data-level": "ok" } }, sign("✓"), "All is well.");
}

function item({ level, text, section }: Remark): HTMLElement {
  const link = element("a", { attributes: { href: `#${section}` } }, text);
  const spoken = element("span", { class: "hidden" }, SPOKEN[level]);
  return element(
    "li",
    { class: "verdict", attributes: { "data-level": level } },
    sign(MARKS[level]),
    spoken,
    link,
  );
}

function sign(mark: string): HTMLElement {
  return element("span", { class: "sign", attributes: { "aria-hidden": "true" } }, mark);
}
