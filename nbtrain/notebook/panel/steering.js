// @ts-check
/**
 * The logic of the controls, without DOM: which buttons are enabled, how slider and fields map to values, when a value is
 * sent, and for how long it is shown.
 */

export const SLIDER = 400;
const DECADES = 2;
const NUDGE_FACTOR = 1.1;
const SEND_INTERVAL = 150;

/** Command, values, label, tooltip, and the states in which the button is enabled. */
export const BUTTONS = /** @type {const} */ ([
  ["pause", {}, "Pause", "Pause after this step", ["running"]],
  ["step", { steps: 1 }, "1 step", "Train one step, then pause", ["running", "paused"]],
  ["step", { steps: 10 }, "10 steps", "Train ten steps, then pause", ["running", "paused"]],
  ["epoch", {}, "Finish epoch", "Train to the end of the epoch, then pause", ["running", "paused"]],
  ["evaluate", {}, "Evaluate now", "Evaluate now; training is not affected", ["running", "paused"]],
  ["checkpoint", {}, "Save now", "Save a checkpoint now", ["running", "paused"]],
  ["skip", {}, "Skip this batch", "Continue without the batch whose loss is not finite", ["broken"]],
  ["stop", {}, "Stop and keep", "Stop after this step and keep the weights", ["running", "paused", "broken"]],
]);

/** The first button while the run is paused. */
export const RESUME = /** @type {const} */ (["resume", {}, "Resume", "Continue training", ["paused"]]);

/**
 * The state that decides which buttons are enabled: none without a kernel. A pause has a reason if the loss is not
 * finite.
 * @param {Record<string, any>} head
 */
export function stateOf(head) {
  if (!head.controls || !head.max_steps) return "none";
  if (head.status === "paused") return head.reason ? "broken" : "paused";
  return head.status === "running" || head.status === "gone" ? head.status : "none";
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

/** The number in a field, or null if it is empty or invalid. @param {string} text */
export function readNumber(text) {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

/**
 * The value for an arrow key: a tenth larger or smaller.
 * @param {number} value
 * @param {boolean} up
 */
export function nudged(value, up) {
  return Number((up ? value * NUDGE_FACTOR : value / NUDGE_FACTOR).toPrecision(3));
}

/**
 * `action`, at most every `SEND_INTERVAL` milliseconds, and with the last value in any case; `flush` does not wait.
 * @template T
 * @param {(value: T) => void} action
 */
export function throttled(action) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let last = -Infinity;
  /** @type {T[]} */
  let waiting = [];
  const flush = () => {
    clearTimeout(timer);
    const values = waiting;
    waiting = [];
    if (values.length) last = Date.now();
    values.forEach(action);
  };
  const call = (/** @type {T} */ value) => {
    clearTimeout(timer);
    waiting = [value];
    const left = last + SEND_INTERVAL - Date.now();
    if (left <= 0) flush();
    else timer = setTimeout(flush, left);
  };
  return { call, flush };
}

/**
 * Shows a value that the user set until the run uses it: until the kernel has received it and the next step began with
 * it. Before that, the snapshot still has the old one.
 */
export function pendingValue() {
  /** @type {{value: number, heardAt: number | null} | null} */
  let wanted = null;
  return {
    /** @param {number} value */
    set(value) {
      wanted = { value, heardAt: null };
    },
    drop() {
      wanted = null;
    },
    /** @param {number} step */
    heard(step) {
      if (wanted) wanted.heardAt ??= step;
    },
    /**
     * What to show.
     * @param {any} current the value in the snapshot
     * @param {number} step
     * @returns {number | null}
     */
    show(current, step) {
      const known = typeof current === "number" ? current : null;
      if (wanted?.heardAt !== null && wanted) {
        const near = known !== null && Math.abs(known - wanted.value) <= 0.01 * Math.abs(wanted.value);
        if (near || step > wanted.heardAt + 1) wanted = null;
      }
      return wanted ? wanted.value : known;
    },
  };
}
