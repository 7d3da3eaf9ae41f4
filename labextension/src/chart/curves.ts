/**
 * The data of the chart, without DOM. Static charts follow the same rules, in `nbtrain/views/chart_rules.py`;
 * `tests/views/chart_cases.json` has the results that both must give.
 */

import { hasEnded } from '../common/statuses.js';
import type { Mark, Num } from '../kernel/protocol.js';

/** `FIELDS` numbers a bin: first step, last step, low, high, mean. */
export interface Curve {
  version: number;
  bins: Float32Array;
}

/** The loss of another run, two numbers a point: step and loss. */
export interface Behind {
  name: string;
  points: Float32Array;
}

/** The part of the head that a chart needs. */
export interface Head {
  status?: string;
  step?: number;
  max_steps?: number;
  epoch?: Num;
  loss?: Num;
}

export interface ChartData {
  head: Head;
  curves: Record<string, Curve>;
  behind: Behind[];
  marks: Mark[];
}

/** Lowest and highest. */
export type Range = [number, number];

export const FIELDS = 5;
const OUTLIER_QUANTILE = 0.98;
const MAX_OUTLIER = 1.6;
const MAX_FLOOR = 0.6;
const MAX_EPOCHS = 12;

/** Column `field` of a curve. */
export function column(curve: Curve | undefined, field: number): number[] {
  return curve
    ? Array.from({ length: curve.bins.length / FIELDS }, (_, index) => curve.bins[index * FIELDS + field]!)
    : [];
}

/** The validation losses with their names: "eval_loss", or that of each evaluation set, such as "eval_easy_loss". */
export function validationOf(curves: Record<string, Curve>): [string, Curve][] {
  return Object.entries(curves).filter(([name, { bins }]) => name.startsWith('eval_') && bins.length);
}

/** What the legend calls a validation loss. */
export function labelOf(name: string) {
  const of = name.replace(/^eval_/, '').replace(/_?loss$/, '');
  return of ? `validation loss, ${of}` : 'validation loss';
}

/**
 * The points of a curve behind.
 * @returns step and loss
 */
export function pointsOf({ points }: Behind): [number, number][] {
  return Array.from({ length: points.length / 2 }, (_, index) => [points[2 * index]!, points[2 * index + 1]!]);
}

/** The end of the step axis: the length of the run, halved as long as the curve fits. So it rarely changes. */
export function stepLimit(step: number, maxSteps: number) {
  let limit = Math.max(step, maxSteps, 1);
  while (limit / 2 >= Math.max(step, 10)) limit /= 2;
  return limit;
}

/** The end of the step axis for a run. */
export function limitOf({ status = '', step = 0, max_steps: total = 0 }: Head) {
  return stepLimit(step, hasEnded(status) ? step : total);
}

/**
 * The steps at which epochs end, at most `MAX_EPOCHS` of them: of each, of every second, every fifth, ...
 * @param range the steps that are shown
 */
export function epochEnds({ step = 0, epoch = 0 }: Head, [from, to]: Range) {
  const length = typeof epoch === 'number' && epoch > 0 ? step / epoch : 0;
  if (!(length > 0)) return [];
  const [first, last] = [Math.max(1, Math.ceil(from / length - 1e-6)), Math.floor(to / length + 1e-6)];
  const sizes = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map(factor => factor * 10 ** power)).flat();
  const stride = sizes.find(size => (last - first + 1) / size <= MAX_EPOCHS) ?? Infinity;
  const start = Math.ceil(first / stride) * stride;
  return Array.from(
    { length: Math.max(0, Math.floor((last - start) / stride) + 1) },
    (_, index) => (start + index * stride) * length
  );
}

/** The last steps of a run, if their loss is not finite, and that loss: the curve leaves them out. */
export function brokenEnd({ step = 0, loss }: Head, curve: Curve | undefined): { steps: Range; loss: string } | null {
  return typeof loss === 'string' ? { steps: [column(curve, 1).pop() ?? 0, step], loss } : null;
}

/** What the value axis of a chart must show. */
export interface Shown {
  /** Curves of single steps, whose outliers may be cut off. */
  noisy: Curve[];
  /** Curves that are shown completely. */
  exact: Curve[];
  behind?: Behind[];
}

/**
 * The range of the value axis: all values of the visible steps except outliers at the top. A log scale includes
 * outliers, and leaves out values that are not positive.
 */
export function valueRange(
  { noisy, exact, behind = [] }: Shown,
  { steps: [from, to] = [-Infinity, Infinity], log = false }: { steps?: Range; log?: boolean } = {}
): Range {
  const values = (curve: Curve, field: number): number[] => {
    const [firsts, lasts] = [column(curve, 0), column(curve, 1)];
    return column(curve, field).filter(
      (value, index) => lasts[index]! >= from && firsts[index]! <= to && !(log && value <= 0)
    );
  };
  const others = behind.map(one =>
    pointsOf(one).flatMap(([step, value]) => (step >= from && step <= to && !(log && value <= 0) ? [value] : []))
  );
  const groups = [...noisy.map(curve => values(curve, 3)), ...others];
  const complete = exact.flatMap(curve => values(curve, 3));
  const lows = [...noisy, ...exact].flatMap(curve => values(curve, 2)).concat(others.flat());
  const highs = [...groups.flat(), ...complete];
  if (!lows.length || !highs.length) {
    return log ? [0.1, 1] : [0, 1];
  }
  const low = Math.min(...lows);
  const top = Math.max(...highs);
  if (log) {
    return low < top ? [low / 1.05, top * 1.05] : [low / 1.5, top * 1.5];
  }
  const usual = Math.max(...complete, ...groups.map(all => topWithoutOutliers(all, low)));
  const high = top - low <= MAX_OUTLIER * (usual - low) ? top : usual;
  const isWhole = from <= 0 || !Number.isFinite(from);
  const floor = isWhole && low > 0 && low < MAX_FLOOR * high ? 0 : low;
  const margin = high > floor ? 0 : Math.abs(high) * 0.1 || 0.5;
  return [floor - margin, high + margin];
}

/** The highest value without outliers; `low` if there are no values. */
function topWithoutOutliers(values: number[], low: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * OUTLIER_QUANTILE)] ?? low;
}

/** The highest value of curves in the visible steps; -Infinity if there is none. */
export function highest({ noisy, exact, behind = [] }: Shown, [from, to]: Range): number {
  const values = [...noisy, ...exact].flatMap(curve => {
    const lasts = column(curve, 1);
    return column(curve, 3).filter((_, index) => lasts[index]! >= from && lasts[index]! <= to);
  });
  const others = behind.flatMap(pointsOf).flatMap(([step, value]) => (step >= from && step <= to ? [value] : []));
  return [...values, ...others].reduce((top, value) => Math.max(top, value), -Infinity);
}

/** The usual span of the moving average, in steps: it depends on the number of steps of the curve. */
export function usualSpan(steps: readonly number[]): number {
  const [first = 0, second = first] = steps;
  const last = steps[steps.length - 1] ?? 0;
  return Math.sqrt(Math.max(1, last - first + (second - first)) / 2);
}

/**
 * Exponential moving average, debiased as in TensorBoard. It decays with the steps between two points, so that merging
 * points does not change the line.
 *
 * @param steps last step of each point, rising
 * @param values mean of each point
 * @param span steps after which a value has a weight of 1/e; 0 does not smooth
 */
export function smooth(steps: readonly number[], values: number[], span = usualSpan(steps)): number[] {
  if (steps.length < 3 || !(span > 0)) {
    return values;
  }
  const firstGap = steps[1]! - steps[0]!;
  let [total, weight] = [0, 0];
  return values.map((value, index) => {
    const kept = Math.exp(-(index ? steps[index]! - steps[index - 1]! : firstGap) / span);
    total = kept * total + (1 - kept) * value;
    weight = kept * weight + (1 - kept);
    return total / weight;
  });
}

/** Index of the bin nearest to `step`, -1 if there is none. */
export function nearest(curve: Curve | undefined, step: number): number {
  return nearestOf(column(curve, 1), step);
}

/** Index of the number nearest to `wanted`, -1 if there is none. */
export function nearestOf(numbers: readonly number[], wanted: number): number {
  return numbers.reduce(
    (best, number, index) => (best < 0 || Math.abs(number - wanted) < Math.abs(numbers[best]! - wanted) ? index : best),
    -1
  );
}

/** The loss of a curve behind at `step`, or null. */
export function lossAt(behind: Behind, step: number): number | null {
  const points = pointsOf(behind);
  const last = points[points.length - 1];
  if (!last || step > last[0]) {
    return null;
  }
  return points.find(([at]) => at >= step)?.[1] ?? null;
}

/**
 * The seconds since the start of the run at a step, from the curve of the time; between its points, and after them, in
 * proportion to the steps. Null if there is no such curve.
 */
export function timeAxis(
  curve: Curve | undefined
): { timeAt: (step: number) => number; stepAt: (time: number) => number } | null {
  const [steps, times] = [column(curve, 1), column(curve, 3)];
  if (steps.length < 2) {
    return null;
  }
  return { timeAt: step => between(steps, times, step), stepAt: time => between(times, steps, time) };
}

/** The value of a line through points at `at`, extended at both ends. */
function between(xs: number[], ys: number[], at: number): number {
  const next = xs.findIndex(x => x >= at);
  const right = Math.min(Math.max(1, next < 0 ? xs.length - 1 : next), xs.length - 1);
  const [x0, x1, y0, y1] = [xs[right - 1]!, xs[right]!, ys[right - 1]!, ys[right]!];
  return x1 > x0 ? y0 + ((at - x0) / (x1 - x0)) * (y1 - y0) : y0;
}
