// @ts-check
/** Builds the DOM of the panel. */

import { make } from "../chart/dom.js";
import { buildFigure } from "../chart/figure.js";
import { MISSING } from "../chart/format.js";
import { buildControls } from "./controls.js";

const STATS = ["Step", "Epoch", "Loss", "Learning rate", "Examples/s", "Elapsed", "Remaining"];

/**
 * All parts of the panel, without content.
 * @param {import("./controls.js").Send} send
 */
export function build(send) {
  const stats = STATS.map((name) => [make("dt", {}, name), make("dd", {}, MISSING)]);
  const parts = {
    label: make("span", { class: "nbt-label" }),
    detail: make("span", { class: "nbt-detail" }),
    percent: make("span", { class: "nbt-percent" }),
    fill: make("div", { class: "nbt-fill" }),
    work: make("div", { class: "nbt-work" }),
    values: stats.map(([, value]) => value),
    reason: make("p", { class: "nbt-reason", role: "alert" }),
    controls: buildControls(make, send),
    figure: buildFigure({ empty: "The loss curve appears after the first step." }),
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
  const root = make(
    "div",
    { class: "nbtrain-panel nbt-look", role: "group", "aria-label": "Training run" },
    make(
      "div",
      { class: "nbt-inner" },
      make("div", { class: "nbt-top" }, parts.label, parts.detail, parts.percent),
      bar,
      make("dl", {}, ...stats.map((pair) => make("div", {}, ...pair))),
      parts.reason,
      parts.controls.root,
      make("div", { class: "nbt-body" }, parts.figure.root, scroll),
      parts.messages,
      parts.hint,
    ),
  );
  return { ...parts, root, bar, scroll };
}
