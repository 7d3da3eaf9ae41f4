/** The visible steps of a chart: all (null), or a range. */

import type { Range } from './curves.js';

/** Minimum number of visible steps. */
const MIN_STEPS = 4;

/** `range` within 0 to `limit`, not too short; null if that is everything. */
export function fitted([from, to]: Range, limit: number): Range | null {
  const span = Math.max(Math.min(MIN_STEPS, limit), Math.abs(to - from));
  if (!Number.isFinite(span) || span >= limit * 0.999) return null;
  const middle = (from + to) / 2;
  const start = Math.min(Math.max(0, middle - span / 2), limit - span);
  return [start, start + span];
}

/**
 * `range` with `factor` times as many steps; `at` stays where it is.
 * @param at the middle, if not given
 */
export function zoomed(range: Range | null, limit: number, factor: number, at: number | null = null): Range | null {
  const [from, to] = range ?? [0, limit];
  const fixed = at === null ? (from + to) / 2 : Math.min(Math.max(at, from), to);
  const minFactor = Math.min(MIN_STEPS, limit) / (to - from);
  const by = Math.max(factor, minFactor);
  return fitted([fixed - (fixed - from) * by, fixed + (to - fixed) * by], limit);
}

/** `range` moved by `share` of its length. */
export function moved(range: Range | null, limit: number, share: number) {
  if (!range) return null;
  const by = (range[1] - range[0]) * share;
  return fitted([range[0] + by, range[1] + by], limit);
}

/** `range` moved just far enough to include `step`. */
export function including(range: Range | null, limit: number, step: number) {
  if (!range || (step >= range[0] && step <= range[1])) return range;
  const by = step < range[0] ? step - range[0] : step - range[1];
  return fitted([range[0] + by, range[1] + by], limit);
}
