// @ts-check
/** The legend above the chart: names and values of the curves, and the buttons for zoom and log scale. */

import { OWN_KEYS, make, say } from "./dom.js";
import { DASHES, colourOf } from "./draw.js";

/**
 * @typedef {"log" | "in" | "out" | "all"} Tool
 * @typedef {{name: string, value: string}} Entry
 */

const SVG = "http://www.w3.org/2000/svg";

/** Tool, label, and tooltip with its key. */
const TOOLS = /** @type {[Tool, string, string][]} */ ([
  ["all", "reset", "Show all steps (0, or double-click)"],
  ["out", "−", "Zoom out (-)"],
  ["in", "+", "Zoom in (+, Ctrl+scroll, or drag over the chart)"],
  ["log", "log", "Log scale for the loss (L)"],
]);

/** @param {(text: string) => string} translate */
export function buildLegend(translate) {
  const value = () => make("span", { class: "nbt-value" });
  const pair = (/** @type {string} */ kind, /** @type {string} */ name, /** @type {HTMLElement} */ its) =>
    make("span", { class: "nbt-pair" }, make("span", { class: `nbt-key nbt-${kind}` }, translate(name)), its);
  const [train, behind] = [value(), make("div", { class: "nbt-behinds" })];
  const training = pair("train", "training loss", train);
  training.title = translate("The thick line is smoothed; the value is not.");
  /** The validation losses that are shown, with the elements of their values. @type {Map<string, HTMLElement>} */
  const valid = new Map();
  const validation = make("span", { class: "nbt-sets" });
  const list = (/** @type {string[]} */ names) => {
    if (names.join() === [...valid.keys()].join()) return;
    valid.clear();
    for (const name of names) valid.set(name, value());
    validation.replaceChildren(...[...valid].map(([name, its], index) => pair(colourOf(index), name, its)));
  };
  list(["validation loss"]);
  const at = make("span", { class: "nbt-at" });
  const tools = TOOLS.map(([name, text, title]) =>
    make("button", { type: "button", "data-tool": name, title: translate(title), ...OWN_KEYS }, translate(text)),
  );
  for (const tool of tools.slice(0, 3)) tool.setAttribute("aria-label", tool.title);
  const buttons = make("span", { class: "nbt-tools", role: "group", "aria-label": translate("Chart") }, ...tools);
  const root = make(
    "figcaption",
    {},
    training,
    validation,
    make("span", { class: "nbt-side" }, at, buttons),
    behind,
  );
  const ending = new AbortController();
  /** @type {[HTMLElement, HTMLElement][]} name and value */
  let entries = [];
  return {
    root,
    end: () => ending.abort(),
    /** @param {(tool: Tool) => void} action */
    onClick(action) {
      tools.forEach((tool, index) =>
        tool.addEventListener("click", () => action(TOOLS[index][0]), { signal: ending.signal }),
      );
    },
    /** @param {{range: unknown, log: boolean}} view @param {boolean} hasCurve */
    showView({ range, log }, hasCurve) {
      const [all, out, , scale] = tools;
      all.hidden = !range;
      out.disabled = !range;
      scale.setAttribute("aria-pressed", String(log));
      for (const tool of tools.slice(2)) tool.disabled = !hasCurve;
    },
    /** @param {{train: string, valid: Entry[], at: string, behind: Entry[]}} values */
    show(values) {
      say(train, values.train);
      list(values.valid.length ? values.valid.map(({ name }) => name) : ["validation loss"]);
      for (const its of valid.values()) say(its, "");
      for (const { name, value } of values.valid) say(/** @type {HTMLElement} */ (valid.get(name)), value);
      say(at, values.at);
      at.title = values.at; // the complete text, if it does not fit
      if (entries.length !== values.behind.length) {
        entries = values.behind.map((_, index) => [make("span", { class: "nbt-name" }, swatch(index), ""), value()]);
        behind.replaceChildren(...entries.map((pair) => make("span", { class: "nbt-behind" }, ...pair)));
      }
      values.behind.forEach(({ name, value }, index) => {
        const [label, number] = entries[index];
        const text = /** @type {Text} */ (label.lastChild);
        if (text.data !== name) label.title = text.data = name;
        say(number, value);
      });
    },
  };
}

/** A line in the style of a curve behind. @param {number} index */
function swatch(index) {
  const line = document.createElementNS(SVG, "line");
  const attributes = { x2: "22", y1: "4", y2: "4", "stroke-dasharray": DASHES[index % DASHES.length].join(" ") };
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 22 8");
  svg.setAttribute("aria-hidden", "true");
  svg.style.stroke = `var(--nbt-behind-${(index % DASHES.length) + 1})`;
  svg.append(line);
  return svg;
}
