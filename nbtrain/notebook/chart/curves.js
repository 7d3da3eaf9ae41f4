// @ts-check
/**
 * The data of the chart, without DOM. Static charts follow the same rules, in `nbtrain/views/chart_rules.py`;
 * `tests/views/chart_cases.json` has the results that both must give.
 *
 * @typedef {{version: number, bins: Float32Array}} Curve  FIELDS numbers a bin: first step, last step, low, high, mean
 * @typedef {{name: string, points: Float32Array}} Behind  the loss of another run, two numbers a point: step and loss
 * @typedef {import("./marks.js").Mark} Mark
 * @typedef {{status?: string, step?: number, max_steps?: number, epoch?: any, loss?: any}} Head  the part that a
 *   chart needs; numbers that are not finite are strings
 * @typedef {{head: Head, curves: Record<string, Curve>, behind: Behind[], marks: Mark[]}} ChartData
 * @typedef {[number, number]} Range  lowest and highest
 */

export const FIELDS = 5;
export const ENDED = ["finished", "stopped", "interrupted", "failed"];
const OUTLIER_QUANTILE = 0.98;
const MAX_OUTLIER = 1.6;
const MAX_FLOOR = 0.6;
const MAX_EPOCHS = 12;

/**
 * Column `field` of a curve.
 * @param {Curve | undefined} curve
 * @param {number} field
 * @returns {number[]}
 */
export function column(curve, field) {
  return curve
    ? Array.from({ length: curve.bins.length / FIELDS }, (_, index) => curve.bins[index * FIELDS + field])
    : [];
}

/**
 * The validation losses with their names: "eval_loss", or that of each evaluation set, such as "eval_easy_loss".
 * @param {Record<string, Curve>} curves
 * @returns {[string, Curve][]}
 */
export function validationOf(curves) {
  return Object.entries(curves).filter(([name, { bins }]) => name.startsWith("eval_") && bins.length);
}

/** What the legend calls a validation loss. @param {string} name */
export function labelOf(name) {
  const of = name.replace(/^eval_/, "").replace(/_?loss$/, "");
  return of ? `validation loss, ${of}` : "validation loss";
}

/**
 * The points of a curve behind.
 * @param {Behind} behind
 * @returns {[number, number][]} step and loss
 */
export function pointsOf({ points }) {
  return Array.from({ length: points.length / 2 }, (_, index) => [points[2 * index], points[2 * index + 1]]);
}

/**
 * The end of the step axis: the length of the run, halved as long as the curve fits. So it rarely changes.
 * @param {number} step
 * @param {number} maxSteps
 */
export function stepLimit(step, maxSteps) {
  let limit = Math.max(step, maxSteps, 1);
  while (limit / 2 >= Math.max(step, 10)) limit /= 2;
  return limit;
}

/** The end of the step axis for a run. @param {Head} head */
export function limitOf({ status = "", step = 0, max_steps: total = 0 }) {
  return stepLimit(step, ENDED.includes(status) ? step : total);
}

/**
 * The steps at which epochs end, at most `MAX_EPOCHS` of them: of each, of every second, every fifth, ...
 * @param {Head} head
 * @param {Range} range the steps that are shown
 */
export function epochEnds({ step = 0, epoch = 0 }, [from, to]) {
  const length = typeof epoch === "number" && epoch > 0 ? step / epoch : 0;
  if (!(length > 0)) return [];
  const [first, last] = [Math.max(1, Math.ceil(from / length - 1e-6)), Math.floor(to / length + 1e-6)];
  const sizes = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((factor) => factor * 10 ** power)).flat();
  const stride = sizes.find((size) => (last - first + 1) / size <= MAX_EPOCHS) ?? Infinity;
  const start = Math.ceil(first / stride) * stride;
  return Array.from({ length: Math.max(0, Math.floor((last - start) / stride) + 1) }, (_, index) => (start + index * stride) * length);
}

/**
 * The last steps of a run, if their loss is not finite, and that loss: the curve leaves them out.
 * @param {Head} head
 * @param {Curve | undefined} curve
 * @returns {{steps: Range, loss: string} | null}
 */
export function brokenEnd({ step = 0, loss }, curve) {
  return typeof loss === "string" ? { steps: [column(curve, 1).pop() ?? 0, step], loss } : null;
}

/**
 * The range of the value axis: all values of the visible steps except outliers at the top. A log scale includes outliers,
 * and leaves out values that are not positive.
 * @param {Record<string, Curve>} curves
 * @param {{steps?: Range, log?: boolean, behind?: Behind[]}} [view]
 * @returns {Range}
 */
export function valueRange(curves, { steps: [from, to] = [-Infinity, Infinity], log = false, behind = [] } = {}) {
  const values = (/** @type {Curve | undefined} */ curve, /** @type {number} */ field) => {
    const [firsts, lasts] = [column(curve, 0), column(curve, 1)];
    return column(curve, field).filter((value, index) => lasts[index] >= from && firsts[index] <= to && !(log && value <= 0));
  };
  const others = behind.map((one) =>
    pointsOf(one).flatMap(([step, value]) => (step >= from && step <= to && !(log && value <= 0) ? [value] : [])),
  );
  const training = values(curves.loss, 3);
  const validation = validationOf(curves).map(([, curve]) => curve);
  const evaluated = validation.flatMap((curve) => values(curve, 3));
  const lows = [curves.loss, ...validation].flatMap((curve) => values(curve, 2)).concat(others.flat());
  const highs = [...training, ...evaluated, ...others.flat()];
  if (!lows.length || !highs.length) return log ? [0.1, 1] : [0, 1];
  const low = Math.min(...lows);
  const top = Math.max(...highs);
  if (log) return low < top ? [low / 1.05, top * 1.05] : [low / 1.5, top * 1.5];
  const usual = Math.max(...evaluated, ...[training, ...others].map((all) => topWithoutOutliers(all, low)));
  const high = top - low <= MAX_OUTLIER * (usual - low) ? top : usual;
  const isWhole = from <= 0 || !Number.isFinite(from);
  const floor = isWhole && low > 0 && low < MAX_FLOOR * high ? 0 : low;
  const margin = high > floor ? 0 : Math.abs(high) * 0.1 || 0.5;
  return [floor - margin, high + margin];
}

/**
 * The highest value without outliers.
 * @param {number[]} values
 * @param {number} low the result if there are no values
 */
function topWithoutOutliers(values, low) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * OUTLIER_QUANTILE)] ?? low;
}

/**
 * Exponential moving average, debiased as in TensorBoard. Its span depends on the number of steps of the curve. It decays
 * with the steps between two points, so that merging points does not change the line.
 * @param {number[]} steps last step of each point, rising
 * @param {number[]} values mean of each point
 */
export function smooth(steps, values) {
  if (steps.length < 3) return values;
  const firstGap = steps[1] - steps[0];
  const span = Math.sqrt(Math.max(1, steps[steps.length - 1] - steps[0] + firstGap) / 2);
  let [total, weight] = [0, 0];
  return values.map((value, index) => {
    const kept = Math.exp(-(index ? steps[index] - steps[index - 1] : firstGap) / span);
    total = kept * total + (1 - kept) * value;
    weight = kept * weight + (1 - kept);
    return total / weight;
  });
}

/**
 * Index of the bin nearest to `step`, -1 if there is none.
 * @param {Curve | undefined} curve
 * @param {number} step
 */
export function nearest(curve, step) {
  return nearestOf(column(curve, 1), step);
}

/**
 * Index of the number nearest to `wanted`, -1 if there is none.
 * @param {number[]} numbers
 * @param {number} wanted
 */
export function nearestOf(numbers, wanted) {
  return numbers.reduce(
    (best, number, index) => (best < 0 || Math.abs(number - wanted) < Math.abs(numbers[best] - wanted) ? index : best),
    -1,
  );
}

/**
 * The loss of a curve behind at `step`, or null.
 * @param {Behind} behind
 * @param {number} step
 */
export function lossAt(behind, step) {
  const points = pointsOf(behind);
  const last = points[points.length - 1];
  if (!last || step > last[0]) return null;
  return points.find(([at]) => at >= step)?.[1] ?? null;
}
