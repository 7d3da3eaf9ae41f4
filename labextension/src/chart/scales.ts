/** Scales from values to pixels and back, and the ticks of an axis, without DOM. */

import type { Range } from './curves.js';

export interface Scale {
  range: Range;
  at: (value: number) => number;
  back: (pixel: number) => number;
}

/** Approximate distance of ticks, on the loss axis and on the step axis. */
export const TICK_PIXELS = 48;
const STEP_TICK_PIXELS = 90;

/**
 * @param range the values at both ends
 * @param start the pixel of the first value
 * @param end the pixel of the second value
 */
export function scale(range: Range, start: number, end: number, log: boolean = false): Scale {
  const [into, out] = log ? ([Math.log, Math.exp] as const) : ([Number, Number] as const);
  const [low, high] = [into(range[0]), into(range[1])];
  return {
    range,
    at: value => {
      if (log && value <= 0) return start + Math.sign(end - start) * -1e4; // far below
      return start + ((into(value) - low) / (high - low)) * (end - start);
    },
    back: pixel => out(low + ((pixel - start) / (end - start)) * (high - low))
  };
}

/** Round numbers from `low` to `high`, about `count` of them, the first not above `low`, the last not below `high`. */
export function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find(factor => factor * power >= rough * 0.999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Round steps on an axis of `width` pixels. */
export function stepTicks(from: number, to: number, width: number) {
  const marks = ticks(from, to, Math.min(to - from, width / STEP_TICK_PIXELS));
  return marks.filter(mark => Number.isInteger(mark) && mark >= from && mark <= to);
}

/**
 * Round numbers within a log scale, at most about `count` of them: 1, 2, 5 of each power of ten, or powers of ten
 * only; where it spans less than a power of ten, numbers at the same distance.
 * @param low above 0
 */
export function logTicks(low: number, high: number, count: number): number[] {
  const inside = (value: number) => value >= low && value <= high;
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
