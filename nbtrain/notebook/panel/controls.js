// @ts-check
/**
 * The controls of the panel. Each sends a command; what the kernel answers ("Stopping after this step.") is shown at
 * once, and the buttons follow the status that comes with the snapshot. What needs no page is in `steering.js`.
 */

import { formatHyperparameter } from "../chart/format.js";
import {
  BUTTONS,
  RESUME,
  SLIDER,
  follower,
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
 * @typedef {(command: string, values?: Record<string, any>, button?: HTMLElement) => void} Give
 * @typedef {{text: string, error?: boolean, id?: number, command?: string}} Heard
 */

/** Of a number in a field. */
const FIELD_DIGITS = 4;
const PATIENCE = 2000;
const FADES = 8000;

/**
 * Sends commands and says what became of them; a button whose command was not heard yet looks so.
 * @param {HTMLElement} said
 * @param {Send} send
 */
function correspondence(said, send) {
  let last = Date.now(); // so that two views of one panel do not take each other's answers for theirs
  /** @type {Map<number, {button?: HTMLElement, timer: ReturnType<typeof setTimeout>}>} */
  const open = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading;
  const say = (/** @type {string} */ text, isError = false, fades = false) => {
    clearTimeout(fading);
    said.textContent = text;
    said.classList.toggle("nbt-wrong", isError);
    if (fades) fading = setTimeout(() => say(""), FADES);
  };
  const close = (/** @type {number} */ id) => {
    const { button, timer } = open.get(id) ?? {};
    clearTimeout(timer);
    open.delete(id);
    if (button && ![...open.values()].some((other) => other.button === button)) button.removeAttribute("aria-busy");
  };
  /** @type {Give} */
  const give = (command, values = {}, button) => {
    last += 1;
    const id = last;
    button?.setAttribute("aria-busy", "true");
    open.set(id, { button, timer: setTimeout(() => say("Not heard yet: the kernel is busy.", true), PATIENCE) });
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
  return { give, heard, say, end };
}

/**
 * The row of buttons. They stay the same elements, so that the focus stays where it was; one that makes no sense now
 * can be focused, but not pressed.
 * @param {Make} make
 * @param {Give} give
 */
function buildButtons(make, give) {
  const buttons = BUTTONS.map((spec) => {
    const node = make("button", { type: "button" });
    node.addEventListener("click", () => !isOff(node) && give(node.spec[0], node.spec[1], node));
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
 * A field for a number. Enter or leaving it sends, Escape takes back, the arrow keys go up and down by a tenth.
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
    else complain(`“${node.value}” is no number. Write it like 5e-5 or 0.00005.`);
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
  const { give, heard, say, end } = correspondence(said, send);
  const buttons = buildButtons(make, give);
  const wanted = { learning_rate: follower(), weight_decay: follower() };
  /** @type {Record<string, any>} */
  let head = {};
  let stopping = false;

  const setRate = throttled((/** @type {number} */ value) => give("set", { learning_rate: value }));
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
    give("set", { [name]: value });
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
    node.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes arrow keys and letters for its own

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
    decay.node.parentElement.hidden = typeof head.weight_decay !== "number"; // nothing decays
  };
  const answered = (/** @type {Heard} */ answer) => {
    if (answer.command === "stop" || answer.command === "branch") stopping = !answer.error;
    if (answer.command === "set")
      for (const value of Object.values(wanted)) answer.error ? value.drop() : value.heard(head.step);
    heard(answer);
    show(head);
  };
  return { root, give, show, heard: answered, end };
}
