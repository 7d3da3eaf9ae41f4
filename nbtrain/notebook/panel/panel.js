// @ts-check
/**
 * The live panel. The kernel sends the whole snapshot in a trait (rarely) and deltas in messages (often); both end
 * in a `Snapshot`, and the view shows it on the next animation frame. What needs no DOM is in `values.js`.
 */

import { ENDED } from "../chart/curves.js";
import { OWN_KEYS, make, say } from "../chart/dom.js";
import {
  MISSING,
  formatCount,
  formatDuration,
  formatEpoch,
  formatHyperparameter,
  formatNumber,
  formatRate,
  formatShort,
} from "../chart/format.js";
import { build } from "./parts.js";
import { withoutKernel, applyDelta, progress, readSnapshot, renew, tableOf } from "./values.js";

/**
 * @typedef {import("./values.js").Snapshot} Snapshot
 * @typedef {ReturnType<typeof build>} Parts
 */

const GONE =
  "The kernel was restarted or has died; this is the last state that it sent. To train again, run the cell again.";

/**
 * The line above the bar, the bar and the numbers.
 * @param {Parts} parts
 * @param {Record<string, any>} head
 * @param {number} since seconds since it was received
 */
function showHead(parts, head, since) {
  const { label, detail, fraction, work, training } = progress(head);
  parts.root.dataset.status = head.status ?? "created";
  parts.root.classList.toggle("nbt-busy", Boolean(head.phase && work === null));
  say(parts.label, label);
  say(parts.detail, detail);
  say(parts.reason, head.status === "paused" ? (head.reason ?? "") : "");
  say(parts.percent, training || work !== null ? `${Math.floor(fraction * 100)} %` : "");
  parts.fill.style.width = `${fraction * 100}%`;
  parts.work.style.width = training && work !== null ? `${work * 100}%` : "0";
  parts.bar.setAttribute("aria-valuemax", String(training ? head.max_steps : 100));
  parts.bar.setAttribute("aria-valuenow", String(training ? head.step : Math.floor(fraction * 100)));
  parts.bar.setAttribute(
    "aria-valuetext",
    [label, training ? `step ${head.step} of ${head.max_steps}` : "", detail].filter(Boolean).join(", "),
  );
  const ticking = head.status === "running" ? since : 0;
  const left = head.seconds_left === null || head.seconds_left === undefined ? null : head.seconds_left - ticking;
  const values = [
    training ? `${formatCount(head.step)} / ${formatCount(head.max_steps)}` : MISSING,
    training ? formatEpoch(head.epoch) + (head.epochs ? ` / ${formatShort(Number(head.epochs))}` : "") : MISSING,
    formatNumber(head.loss),
    formatHyperparameter(head.learning_rate),
    formatRate(head.examples_per_second),
    formatDuration((head.time ?? 0) + ticking),
    ENDED.includes(head.status) ? MISSING : formatDuration(left),
  ];
  values.forEach((text, index) => say(parts.values[index], text));
}

/**
 * @param {Parts} parts
 * @param {Snapshot} snapshot
 */
function showTable(parts, snapshot) {
  const { head } = snapshot;
  const { names, lines: evaluations } = tableOf(snapshot);
  const branches = Boolean(branchSteps(head));
  const heads = ["step", "epoch", ...names, ...(branches ? [""] : [])].map((name) => make("th", { scope: "col" }, name));
  const lines = evaluations.map(({ row, cells, isBest }) =>
    make(
      "tr",
      isBest ? { class: "nbt-best" } : {},
      make("th", { scope: "row" }, formatCount(row.step)),
      make("td", {}, formatEpoch(row.epoch)),
      ...cells.map((cell) => make("td", {}, cell)),
      ...(branches ? [make("td", {}, ...branchButton(head, row))] : []),
    ),
  );
  const none = make("tr", {}, make("td", { colspan: String(heads.length), class: "nbt-none" }, "No evaluation yet."));
  const { scroll, table } = parts;
  const atEnd = scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 4;
  table.replaceChildren(
    table.caption,
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...(lines.length ? lines : [none])),
  );
  if (atEnd) scroll.scrollTop = scroll.scrollHeight;
}

/** The steps from which the run can branch, as a string. @param {Record<string, any>} head */
const branchSteps = (head) => (head.can_branch && ![...ENDED, "gone"].includes(head.status) ? String(head.checkpoints ?? "") : "");

/**
 * The button of an evaluation that has a checkpoint.
 * @param {Record<string, any>} head
 * @param {import("./values.js").Row} row
 */
function branchButton(head, { step }) {
  if (!head.checkpoints?.includes(step)) return [];
  const title = "Stop this run and start a new one from this checkpoint";
  return [make("button", { type: "button", class: "nbt-branch", title, "data-branch": String(step), ...OWN_KEYS }, "Branch from here")];
}

/**
 * @param {Parts} parts
 * @param {Snapshot} snapshot
 */
function showMessages(parts, { messages, head }) {
  const all = head.error ? [...messages, { level: "error", text: head.error }] : messages;
  parts.messages.replaceChildren(...all.map(({ level, text }) => make("li", { class: `nbt-${level}` }, text)));
}

/** @param {{model: any, el: HTMLElement, signal?: AbortSignal}} host */
function showPanel({ model, el, signal }) {
  const parts = build((command, { values, id }) => model.send({ run: snapshot.run, command, values, id }));
  const ending = new AbortController();
  let snapshot = readSnapshot(model.get("snapshot"));
  /** @type {Snapshot | null} */
  let shown = null;
  let came = performance.now();
  let frame = 0;

  const paint = () => {
    frame = 0;
    showHead(parts, snapshot.head, (performance.now() - came) / 1000);
    parts.controls.show(snapshot.head);
    parts.figure.show(snapshot);
    const isNew =
      snapshot.rows !== shown?.rows ||
      snapshot.head.best_row !== shown.head.best_row ||
      branchSteps(snapshot.head) !== branchSteps(shown.head);
    if (isNew) showTable(parts, snapshot);
    if (snapshot.messages !== shown?.messages || snapshot.head.error !== shown?.head.error) showMessages(parts, snapshot);
    const isGone = snapshot.head.status === "gone";
    say(parts.hint, isGone ? GONE : ENDED.includes(snapshot.head.status) ? "" : model.get("hint"));
    shown = snapshot;
  };
  const schedule = () => {
    frame ||= requestAnimationFrame(paint);
  };
  const take = (/** @type {Snapshot} */ next) => {
    snapshot = next;
    came = performance.now();
    schedule();
  };
  const onSnapshot = () => take(renew(snapshot, readSnapshot(model.get("snapshot"))));
  const onDelta = (/** @type {any} */ delta, /** @type {DataView[]} */ buffers) => {
    if (delta.heard) parts.controls.heard(delta.heard);
    if (delta.head) take(applyDelta(snapshot, delta, buffers));
  };
  const onGone = () => take(withoutKernel(snapshot)); // ipywidgets disconnects a model only once, permanently
  model.on("comm_live_update", onGone);
  model.on("change:snapshot", onSnapshot);
  model.on("change:hint", schedule);
  model.on("msg:custom", onDelta);
  const branch = (/** @type {MouseEvent} */ { target }) => {
    const button = target instanceof Element ? target.closest("[data-branch]") : null;
    if (button instanceof HTMLElement)
      parts.controls.sendCommand("branch", { step: Number(button.dataset.branch) }, button);
  };
  parts.table.addEventListener("click", branch, { signal: ending.signal });
  const clock = setInterval(() => snapshot.head.status === "running" && schedule(), 1000);

  const end = () => {
    ending.abort();
    cancelAnimationFrame(frame);
    clearInterval(clock);
    parts.controls.end();
    parts.figure.end();
    model.off("comm_live_update", onGone);
    model.off("change:snapshot", onSnapshot);
    model.off("change:hint", schedule);
    model.off("msg:custom", onDelta);
  };
  signal?.addEventListener("abort", end, { once: true });
  el.append(parts.root);
  model.send({ drawn: true });
  schedule();
  return end;
}

export default { render: showPanel };
