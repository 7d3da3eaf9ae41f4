// @ts-check
/** The parts of the panel, empty. */

import { buildControls } from "./panel_controls.js";

const STATS = ["Step", "Epoch", "Loss", "Learning rate", "Examples/s", "Elapsed", "Left"];

/**
 * An element.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * Sets a text; the page is left alone where it says that already.
 * @param {HTMLElement} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * All parts of the panel, empty.
 * @param {import("./panel_controls.js").Send} send
 */
export function build(send) {
  const stats = STATS.map((name) => [make("dt", {}, name), make("dd", {}, "–")]);
  const parts = {
    label: make("span", { class: "nbt-label" }),
    detail: make("span", { class: "nbt-detail" }),
    percent: make("span", { class: "nbt-percent" }),
    fill: make("div", { class: "nbt-fill" }),
    work: make("div", { class: "nbt-work" }),
    values: stats.map(([, value]) => value),
    reason: make("p", { class: "nbt-reason", role: "alert" }),
    controls: buildControls(make, send),
    train: make("span", { class: "nbt-value" }),
    valid: make("span", { class: "nbt-value" }),
    before: make("span", { class: "nbt-key nbt-before", hidden: "" }, "the run before"),
    at: make("span", { class: "nbt-at" }),
    canvas: make("canvas", { role: "img" }),
    empty: make("p", { class: "nbt-empty" }, "The curve begins with the first step."),
    table: make("table", {}, make("caption", {}, "Evaluations")),
    messages: make("ul", { class: "nbt-messages", role: "log", "aria-label": "Messages" }),
    hint: make("p", { class: "nbt-hint" }),
  };
  const bar = make(
    "div",
    { class: "nbt-bar", role: "progressbar", "aria-label": "Training progress", "aria-valuemin": "0" },
    parts.fill,
    parts.work,
  );
  const scroll = make(
    "div",
    { class: "nbt-scroll", role: "region", "aria-label": "Evaluations", tabindex: "0" },
    parts.table,
  );
  const legend = make(
    "figcaption",
    {},
    make("span", { class: "nbt-key nbt-train" }, "training loss"),
    parts.train,
    make("span", { class: "nbt-key nbt-valid" }, "validation loss"),
    parts.valid,
    parts.before,
    parts.at,
  );
  const root = make(
    "div",
    { class: "nbtrain-panel", role: "group", "aria-label": "Training run" },
    make(
      "div",
      { class: "nbt-inner" },
      make("div", { class: "nbt-top" }, parts.label, parts.detail, parts.percent),
      bar,
      make("dl", {}, ...stats.map((pair) => make("div", {}, ...pair))),
      parts.reason,
      parts.controls.root,
      make(
        "div",
        { class: "nbt-body" },
        make("figure", {}, legend, make("div", { class: "nbt-plot" }, parts.canvas, parts.empty)),
        scroll,
      ),
      parts.messages,
      parts.hint,
    ),
  );
  return { ...parts, root, bar, scroll };
}
