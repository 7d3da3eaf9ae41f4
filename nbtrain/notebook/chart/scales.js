// @ts-check
/**
 * Scales from values to pixels and back, and the ticks of an axis, without DOM.
 *
 * @typedef {import("./curves.js").Range} Range
 * @typedef {{range: Range, at: (value: number) => number, back: (pixel: number) => number}} Scale
 */

/** Approximate distance of ticks, on the loss axis and on the step axis. */
export const TICK_PIXELS = 48;
const STEP_TICK_PIXELS = 90;

/**
 * @param {Range} range the values at both ends
 * @param {number} start the pixel of the first value
 * @param {number} end the pixel of the second value
 * @param {boolean} [log]
 * @returns {Scale}
 */
export function scale(range, start, end, log = false) {
  const [into, out] = log ? [Math.log, Math.exp] : [Number, Number];
  const [low, high] = range.map((value) => into(value));
  return {
    range,
    at: (value) => {
      if (log && value <= 0) return start + Math.sign(end - start) * -1e4; // far below
      return start + ((into(value) - low) / (high - low)) * (end - start);
    },
    back: (pixel) => out(low + ((pixel - start) / (end - start)) * (high - low)),
  };
}

/**
 * Round numbers from `low` to `high`, about `count` of them, the first not above `low`, the last not below `high`.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/**
 * Round steps on an axis of `width` pixels.
 * @param {number} from
 * @param {number} to
 * @param {number} width
 */
export function stepTicks(from, to, width) {
  const marks = ticks(from, to, Math.min(to - from, width / STEP_TICK_PIXELS));
  return marks.filter((mark) => Number.isInteger(mark) && mark >= from && mark <= to);
}

/**
 * Round numbers within a log scale, at most about `count` of them: 1, 2, 5 of each power of ten, or powers of ten
 * only; where it spans less than a power of ten, numbers at the same distance.
 * @param {number} low above 0
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function logTicks(low, high, count) {
  const inside = (/** @type {number} */ value) => value >= low && value <= high;
  const decades = Math.log10(high / low);
  if (decades < 1) return ticks(low, high, count).filter(inside);
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const stride = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const factors = 3 * decades <= count + 1 ? [1, 2, 5] : [1];
  const marks = powers.filter((power) => power % stride === 0).flatMap((power) =>
    factors.map((factor) => Number((factor * 10 ** power).toPrecision(12))),
  ); // prettier-ignore
  return marks.filter(inside);
}
