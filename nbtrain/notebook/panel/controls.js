// @ts-check
/**
 * The controls of the panel. Each sends a command; the response of the kernel ("Stopping after this step.") is shown at
 * once, and the buttons follow the status that comes with the snapshot. What needs no DOM is in `steering.js`.
 */

import { formatHyperparameter } from "../chart/format.js";
import {
  BUTTONS,
  RESUME,
  SLIDER,
  pendingValue,
  nudged,
  positionOf,
  rateAt,
  readNumber,
  sliderRange,
  stateOf,
  throttled,
} from "./steering.js";

/**
 * @typedef {(command: string, more: {values: Record<string, any>, id: number}) => void} Send
 * @typedef {(tag: string, attributes?: Record<string, string>, ...children: (Node | string)[]) => any} Make
 * @typedef {(command: string, values?: Record<string, any>, button?: HTMLElement) => void} SendCommand
 * @typedef {{text: string, error?: boolean, id?: number, command?: string}} Heard
 */

/** Significant digits of a number in a field. */
const FIELD_DIGITS = 4;
const RESPONSE_TIMEOUT = 2000;
const FADE_DELAY = 8000;

/**
 * Sends commands and shows the responses; a button whose command is pending is marked as busy.
 * @param {HTMLElement} said
 * @param {Send} send
 */
function commandSender(said, send) {
  let last = Date.now(); // two views of one panel must not use the same IDs
  /** @type {Map<number, {button?: HTMLElement, timer: ReturnType<typeof setTimeout>}>} */
  const open = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading;
  const say = (/** @type {string} */ text, isError = false, fades = false) => {
    clearTimeout(fading);
    said.textContent = text;
    said.classList.toggle("nbt-wrong", isError);
    if (fades) fading = setTimeout(() => say(""), FADE_DELAY);
  };
  const close = (/** @type {number} */ id) => {
    const { button, timer } = open.get(id) ?? {};
    clearTimeout(timer);
    open.delete(id);
    if (button && ![...open.values()].some((other) => other.button === button)) button.removeAttribute("aria-busy");
  };
  /** @type {SendCommand} */
  const sendCommand = (command, values = {}, button) => {
    last += 1;
    const id = last;
    button?.setAttribute("aria-busy", "true");
    const complain = () => say("No response yet: the kernel is busy.", true);
    open.set(id, { button, timer: setTimeout(complain, RESPONSE_TIMEOUT) });
    try {
      send(command, { values, id });
    } catch {
      close(id);
      say("The kernel cannot be reached.", true);
    }
  };
  const heard = (/** @type {Heard} */ { text, error, id, command }) => {
    if (id !== undefined) close(id);
    say(text, Boolean(error), !error && command !== "stop" && command !== "branch");
  };
  const end = () => {
    clearTimeout(fading);
    [...open.keys()].forEach(close);
  };
  return { sendCommand, heard, say, end };
}

/**
 * The row of buttons. They stay the same elements, so that they keep the focus; a disabled one can be focused, but not
 * pressed.
 * @param {Make} make
 * @param {SendCommand} sendCommand
 */
function buildButtons(make, sendCommand) {
  const buttons = BUTTONS.map((spec) => {
    const node = make("button", { type: "button" });
    node.addEventListener("click", () => !isOff(node) && sendCommand(node.spec[0], node.spec[1], node));
    return become(node, spec);
  });
  const [stop, skip] = [buttons.pop(), buttons.pop()];
  const steps = make("span", { class: "nbt-joined" }, ...buttons.slice(1, 4));
  const root = make("div", { class: "nbt-buttons" }, buttons[0], steps, ...buttons.slice(4), skip, stop);
  const show = (/** @type {string} */ state, /** @type {boolean} */ stopping) => {
    become(buttons[0], state === "paused" ? RESUME : BUTTONS[0]);
    skip.hidden = state !== "broken";
    buttons[0].hidden = state === "broken";
    for (const node of [...buttons, skip, stop])
      node.setAttribute("aria-disabled", String(!node.spec[4].includes(state) || (stopping && node !== stop)));
  };
  return { root, show };
}

const isOff = (/** @type {HTMLElement} */ node) => node.getAttribute("aria-disabled") === "true";

/**
 * @param {any} node
 * @param {(typeof BUTTONS)[number] | typeof RESUME} spec
 */
function become(node, spec) {
  if (node.spec === spec) return node;
  node.spec = spec;
  node.dataset.command = spec[0];
  node.title = spec[3];
  node.textContent = spec[2];
  return node;
}

/**
 * A number field. Enter or blur sends the value, Escape restores it, the arrow keys change it by a tenth.
 * @param {Make} make
 * @param {string} label
 * @param {(value: number) => void} set
 * @param {(text: string) => void} complain
 */
function buildField(make, label, set, complain) {
  const node = make("input", { type: "text", inputmode: "decimal", "aria-label": label, autocomplete: "off" });
  let shown = "";
  let editing = false;
  const commit = () => {
    if (!editing || node.value.trim() === shown) return restore();
    const value = readNumber(node.value);
    node.setAttribute("aria-invalid", String(value === null && node.value.trim() !== ""));
    if (value !== null) {
      editing = false;
      shown = node.value;
      set(value);
    } else if (node.value.trim() === "") restore();
    else complain(`Expected a number, got “${node.value}”. Write, for example, 5e-5 or 0.00005.`);
  };
  const restore = () => {
    editing = false;
    node.value = shown;
    node.removeAttribute("aria-invalid");
  };
  node.addEventListener("input", () => (editing = true));
  node.addEventListener("change", commit);
  node.addEventListener("blur", commit);
  node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") restore();
    if (event.key === "Enter") commit();
    const value = readNumber(node.value);
    if ((event.key !== "ArrowUp" && event.key !== "ArrowDown") || value === null) return;
    event.preventDefault();
    node.value = formatHyperparameter(nudged(value, event.key === "ArrowUp"), FIELD_DIGITS);
    editing = true;
  });
  const show = (/** @type {number | null} */ value) => {
    const text = value === null ? "" : formatHyperparameter(value, FIELD_DIGITS);
    if (editing || text === shown || document.activeElement === node) return;
    shown = text;
    node.value = text;
  };
  return { node, show };
}

/**
 * The learning rate on a log scale.
 * @param {Make} make
 * @param {{call: (value: number) => void, flush: () => void}} set
 */
function buildSlider(make, set) {
  const label = "Learning rate, on a log scale";
  const node = make("input", { type: "range", min: "0", max: String(SLIDER), "aria-label": label });
  /** @type {[number, number] | null} */
  let range = null;
  let dragging = false;
  const release = () => (dragging = false);
  node.addEventListener("pointerdown", () => {
    dragging = true;
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, release, { once: true });
  });
  node.addEventListener("input", () => range && set.call(rateAt(Number(node.value), range)));
  node.addEventListener("change", set.flush);
  const show = (/** @type {number | null} */ rate) => {
    node.disabled = !rate;
    if (!rate) return;
    const isEnd = range !== null && (rate <= range[0] * 1.001 || rate >= range[1] * 0.999);
    if (!range || (!dragging && isEnd)) range = sliderRange(rate);
    if (!dragging) node.value = String(positionOf(rate, range));
    node.style.setProperty("--nbt-at", `${(100 * Number(node.value)) / SLIDER}%`);
    node.setAttribute("aria-valuetext", formatHyperparameter(rate, FIELD_DIGITS));
  };
  return { node, show };
}

/**
 * All controls.
 * @param {Make} make
 * @param {Send} send
 */
export function buildControls(make, send) {
  const said = make("span", { class: "nbt-said", role: "status" });
  const { sendCommand, heard, say, end } = commandSender(said, send);
  const buttons = buildButtons(make, sendCommand);
  const wanted = { learning_rate: pendingValue(), weight_decay: pendingValue() };
  /** @type {Record<string, any>} */
  let head = {};
  let stopping = false;

  const setRate = throttled((/** @type {number} */ value) => sendCommand("set", { learning_rate: value }));
  const hold = (/** @type {"learning_rate" | "weight_decay"} */ name, /** @type {number} */ value) => {
    wanted[name].set(value);
    show(head);
  };
  const slid = (/** @type {number} */ value) => {
    hold("learning_rate", value);
    setRate.call(value);
  };
  const typed = (/** @type {"learning_rate" | "weight_decay"} */ name) => (/** @type {number} */ value) => {
    hold(name, value);
    sendCommand("set", { [name]: value });
  };
  const slider = buildSlider(make, { call: slid, flush: setRate.flush });
  const rate = buildField(make, "Learning rate", typed("learning_rate"), (text) => say(text, true));
  const decay = buildField(make, "Weight decay", typed("weight_decay"), (text) => say(text, true));

  const root = make(
    "div",
    { class: "nbt-controls", role: "group", "aria-label": "Controls" },
    buttons.root,
    make(
      "div",
      { class: "nbt-settings" },
      make("label", {}, make("span", {}, "Learning rate"), slider.node),
      rate.node,
      make("label", {}, make("span", {}, "Weight decay"), decay.node),
      said,
    ),
  );

  for (const node of root.querySelectorAll("button, input"))
    node.setAttribute("data-lm-suppress-shortcuts", "true"); // otherwise JupyterLab handles arrow keys and letters as shortcuts

  const show = (/** @type {Record<string, any>} */ next) => {
    if (next.status !== head.status) say("");
    head = next;
    const state = stateOf(head);
    stopping &&= state !== "none";
    root.hidden = state === "none";
    buttons.show(state, stopping);
    const isGone = state === "gone";
    const shown = wanted.learning_rate.show(head.learning_rate, head.step);
    slider.show(isGone ? null : shown);
    rate.show(shown);
    decay.show(wanted.weight_decay.show(head.weight_decay, head.step));
    rate.node.disabled = decay.node.disabled = isGone;
    decay.node.parentElement.hidden = typeof head.weight_decay !== "number"; // no weight decay
  };
  const answered = (/** @type {Heard} */ answer) => {
    if (answer.command === "stop" || answer.command === "branch") stopping = !answer.error;
    if (answer.command === "set")
      for (const value of Object.values(wanted)) answer.error ? value.drop() : value.heard(head.step);
    heard(answer);
    show(head);
  };
  return { root, sendCommand, show, heard: answered, end };
}
