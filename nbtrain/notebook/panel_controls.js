// @ts-check
/**
 * The controls of the panel. Each sends a command; what the kernel answers ("Stopping after this step.") is shown at
 * once, and the buttons follow the status that comes with the picture.
 */

import { formatNumber } from "./panel_values.js";

/** @typedef {(command: string, values?: Record<string, any>) => void} Send */

const SLIDER = 400;
const DECADES = 2;
const SEND_EVERY = 150;
const PATIENCE = 2000;
const HOLD = 1500; // milliseconds for which a value that was just set is not overwritten by what was in force before

/** Command, text, help, and the states in which it makes sense. */
const BUTTONS = /** @type {const} */ ([
  ["pause", "Pause", "Stand still after this step", ["running"]],
  ["resume", "Resume", "Go on", ["paused"]],
  ["step", "Step ×1", "Go on for one step, then pause", ["running", "paused"]],
  ["step10", "×10", "Go on for ten steps, then pause", ["running", "paused"]],
  ["epoch", "To end of epoch", "Go on to the end of the epoch, its evaluation included, then pause", ["running", "paused"]],
  ["evaluate", "Evaluate now", "A look that changes nothing in the training", ["running", "paused"]],
  ["checkpoint", "Save now", "Write a checkpoint", ["running", "paused"]],
  ["skip", "Go on without this batch", "Leave out the batch whose loss is not finite", ["broken"]],
  ["stop", "Stop and keep", "Stop after this step and keep what was learned", ["running", "paused", "broken"]],
]);

/**
 * The state that decides which buttons make sense.
 * @param {Record<string, any>} head
 */
export function stateOf(head) {
  if (!head.controls || !head.max_steps) return "none";
  if (head.status === "paused") return head.reason ? "broken" : "paused";
  return head.status === "running" ? "running" : "none";
}

/**
 * Lowest and highest rate of the slider: two decades around `rate`.
 * @param {number} rate
 * @returns {[number, number]}
 */
export const sliderRange = (rate) => [rate / 10 ** DECADES, rate * 10 ** DECADES];

/**
 * @param {number} position from 0 to `SLIDER`
 * @param {[number, number]} range
 */
export function rateAt(position, [low, high]) {
  return Number((low * (high / low) ** (position / SLIDER)).toPrecision(3));
}

/**
 * @param {number} rate
 * @param {[number, number]} range
 */
export function positionOf(rate, [low, high]) {
  return Math.round((SLIDER * Math.log(rate / low)) / Math.log(high / low));
}

/** A number for a field: 4.998e-5, 0.01. @param {number} value */
export function shortNumber(value) {
  const rounded = Number(value.toPrecision(4));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

/**
 * Calls `action` at most every `SEND_EVERY` milliseconds, and with the last value in any case.
 * @template T
 * @param {(value: T) => void} action
 */
function throttled(action) {
  let timer = 0;
  let last = -Infinity;
  return (/** @type {T} */ value) => {
    clearTimeout(timer);
    const run = () => {
      last = performance.now();
      action(value);
    };
    const wait = last + SEND_EVERY - performance.now();
    if (wait <= 0) run();
    else timer = setTimeout(run, wait);
  };
}

/**
 * The row of controls.
 * @param {(tag: string, attributes?: Record<string, string>, ...children: (Node | string)[]) => any} make
 * @param {Send} send
 */
export function buildControls(make, send) {
  /** @type {Record<string, HTMLButtonElement>} */
  const buttons = {};
  for (const [command, text, help] of BUTTONS)
    buttons[command] = make("button", { type: "button", title: help, "data-command": command }, text);
  const number = (/** @type {string} */ label) => make("input", { type: "number", step: "any", min: "0", "aria-label": label });
  const slider = make("input", { type: "range", min: "0", max: String(SLIDER), "aria-label": "Learning rate, on a log scale" });
  const rate = number("Learning rate");
  const decay = number("Weight decay");
  const said = make("span", { class: "nbt-said", role: "status" });
  const settings = make(
    "div",
    { class: "nbt-settings" },
    make("label", {}, make("span", {}, "Learning rate"), slider),
    rate,
    make("label", {}, make("span", {}, "Weight decay"), decay),
    said,
  );
  const root = make("div", { class: "nbt-controls", role: "group", "aria-label": "Controls" });
  root.append(make("div", { class: "nbt-buttons" }, ...Object.values(buttons)), settings);

  for (const one of [...Object.values(buttons), slider, rate, decay])
    one.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes the arrow keys, even from a slider

  /** @type {[number, number]} */
  let range = [0, 0];
  let waiting = 0;
  let counter = 0;
  let heldUntil = 0;
  let status = "";

  const give = (/** @type {string} */ command, /** @type {Record<string, any>} */ values = {}) => {
    counter += 1;
    root.dataset.pending = command;
    clearTimeout(waiting);
    waiting = setTimeout(() => say("Not heard yet: the kernel is busy.", true), PATIENCE);
    send(command, { values, id: counter });
  };
  const say = (/** @type {string} */ text, isError = false) => {
    said.textContent = text;
    said.classList.toggle("nbt-error", isError);
  };
  const set = throttled((/** @type {Record<string, number>} */ values) => give("set", values));

  for (const [command] of BUTTONS)
    buttons[command].addEventListener("click", () =>
      command.startsWith("step") ? give("step", { steps: command === "step" ? 1 : 10 }) : give(command),
    );
  slider.addEventListener("input", () => {
    const value = rateAt(Number(slider.value), range);
    rate.value = shortNumber(value);
    set({ learning_rate: value });
  });
  for (const [field, name] of /** @type {const} */ ([[rate, "learning_rate"], [decay, "weight_decay"]]))
    field.addEventListener("change", () => field.value !== "" && set({ [name]: Number(field.value) }));
  const hold = () => (heldUntil = performance.now() + HOLD);
  for (const field of [slider, rate, decay]) for (const kind of ["input", "change"]) field.addEventListener(kind, hold);
  const isFree = (/** @type {HTMLInputElement} */ field) =>
    performance.now() > heldUntil && (field === slider || document.activeElement !== field);

  const show = (/** @type {Record<string, any>} */ head) => {
    const state = stateOf(head);
    root.hidden = state === "none";
    for (const [command, , , states] of BUTTONS) {
      const fits = /** @type {readonly string[]} */ (states).includes(state);
      buttons[command].disabled = !fits;
      buttons[command].hidden = !fits && ["pause", "resume", "skip"].includes(command);
    }
    if (head.status !== status) say("");
    status = head.status;
    const current = typeof head.learning_rate === "number" ? head.learning_rate : 0;
    if (current > 0 && !(current >= range[0] && current <= range[1])) range = sliderRange(current);
    slider.disabled = rate.disabled = !(range[1] > 0);
    if (current > 0 && isFree(slider)) {
      slider.value = String(positionOf(current, range));
      slider.setAttribute("aria-valuetext", formatNumber(current));
    }
    if (current > 0 && isFree(rate)) rate.value = shortNumber(current);
    if (typeof head.weight_decay === "number" && isFree(decay)) decay.value = shortNumber(head.weight_decay);
  };
  const heard = (/** @type {{text: string, error?: boolean}} */ { text, error }) => {
    clearTimeout(waiting);
    delete root.dataset.pending;
    say(text, Boolean(error));
  };
  return { root, show, heard, end: () => clearTimeout(waiting) };
}
