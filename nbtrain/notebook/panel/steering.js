// @ts-check
/**
 * What the controls do, without a page: which buttons make sense, what the slider and the fields mean, when a value is
 * sent, and for how long it stays on show.
 */

export const SLIDER = 400;
const DECADES = 2;
const NUDGE = 1.1;
const SEND_EVERY = 150;

/** Command, values, text, help, and the states in which it makes sense. */
export const BUTTONS = /** @type {const} */ ([
  ["pause", {}, "Pause", "Stand still after this step", ["running"]],
  ["step", { steps: 1 }, "Step ×1", "Go on for one step, then pause", ["running", "paused"]],
  ["step", { steps: 10 }, "×10", "Go on for ten steps, then pause", ["running", "paused"]],
  ["epoch", {}, "To end of epoch", "Go on to the end of the epoch, then pause", ["running", "paused"]],
  ["evaluate", {}, "Evaluate now", "A look that changes nothing in the training", ["running", "paused"]],
  ["checkpoint", {}, "Save now", "Write a checkpoint", ["running", "paused"]],
  ["skip", {}, "Go on without this batch", "Leave out the batch whose loss is not finite", ["broken"]],
  ["stop", {}, "Stop and keep", "Stop after this step and keep what was learned", ["running", "paused", "broken"]],
]);

/** What the first button is while the run stands still. */
export const RESUME = /** @type {const} */ (["resume", {}, "Resume", "Go on", ["paused"]]);

/**
 * The state that decides which buttons make sense: none of them where the kernel is gone. A pause has a reason where
 * the loss is not finite.
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

/** The number in a field, or null if there is none. @param {string} text */
export function readNumber(text) {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

/**
 * The next larger or smaller number for an arrow key: a tenth more or less, whatever the size.
 * @param {number} value
 * @param {boolean} up
 */
export function nudged(value, up) {
  return Number((up ? value * NUDGE : value / NUDGE).toPrecision(3));
}

/**
 * `action`, at most every `SEND_EVERY` milliseconds, and with the last value in any case; `flush` does not wait.
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
    const left = last + SEND_EVERY - Date.now();
    if (left <= 0) flush();
    else timer = setTimeout(flush, left);
  };
  return { call, flush };
}

/**
 * A value that the user set stays on show until the run has it: until the kernel heard it and the next step began with
 * it. Before that, the snapshot still brings the old one.
 */
export function follower() {
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
