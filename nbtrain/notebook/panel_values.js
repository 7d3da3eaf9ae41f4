// @ts-check
/**
 * What the panel shows, without a page: how the kernel's data become a `Picture`, and how that becomes numbers and
 * words.
 *
 * @typedef {{version: number, bins: Float32Array}} Curve  FIELDS numbers a bin: first step, last step, low, high, mean
 * @typedef {{number: number, step: number, epoch: number, metrics: Record<string, number | string | null>}} Row
 * @typedef {{level: string, text: string, step: number}} Message
 * @typedef {{step: number, label: string}} Mark  what the user commanded after a step
 * @typedef {{run: string, head: Record<string, any>, curves: Record<string, Curve>, rows: Row[],
 *   messages: Message[], marks: Mark[]}} Picture
 */

export const FIELDS = 5;
const MOST_ROWS = 100;
export const ENDED = ["finished", "stopped", "interrupted", "failed"];
const STATUS = { created: "Preparing", running: "Training" };

/**
 * Numbers from binary data of the kernel, which need not be aligned.
 * @param {DataView} view
 * @returns {Float32Array}
 */
export function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/**
 * @param {any} trait
 * @returns {Picture}
 */
export function readPicture(trait) {
  const curves = Object.entries(trait.curves ?? {}).map(([name, { version, bins }]) => [
    name,
    { version, bins: floats(bins) },
  ]);
  return {
    run: trait.run ?? "",
    head: trait.head ?? {},
    curves: Object.fromEntries(curves),
    rows: trait.rows ?? [],
    messages: trait.messages ?? [],
    marks: trait.marks ?? [],
  };
}

/**
 * The picture after a delta. What does not fit on is left to the next trait.
 * @param {Picture} picture
 * @param {any} delta
 * @param {DataView[]} buffers
 * @returns {Picture}
 */
export function applyDelta(picture, delta, buffers) {
  const {
    run,
    head,
    curves: before,
    rows,
    messages,
    marks,
  } = picture.run === delta.run ? picture : { ...readPicture({}), run: delta.run };
  const curves = { ...before };
  delta.curves.forEach((/** @type {any} */ change, /** @type {number} */ index) => {
    const kept = curves[change.name]?.bins ?? new Float32Array();
    const known =
      change.from === 0 || (curves[change.name]?.version === change.version && change.from * FIELDS <= kept.length);
    if (known)
      curves[change.name] = {
        version: change.version,
        bins: joined(kept.subarray(0, change.from * FIELDS), floats(buffers[index])),
      };
  });
  return {
    run,
    head: delta.head ?? head,
    curves,
    rows: withRows(rows, delta.rows),
    messages: delta.messages ?? messages,
    marks: delta.marks ?? marks,
  };
}

/**
 * The picture of a new trait. What it says again stays the same object, so that the page is left alone there.
 * @param {Picture} before
 * @param {Picture} next
 * @returns {Picture}
 */
export function renew(before, next) {
  if (before.run !== next.run) return next;
  const same = JSON.stringify(before.messages) === JSON.stringify(next.messages);
  return { ...next, rows: withRows(before.rows, next.rows), messages: same ? before.messages : next.messages };
}

/**
 * The rows of both, in order; `rows` itself if `more` has no other.
 * @param {Row[]} rows
 * @param {Row[]} more
 */
function withRows(rows, more) {
  const known = new Set(rows.map((row) => row.number));
  const added = more.filter((row) => !known.has(row.number));
  return added.length ? [...rows, ...added].sort((a, b) => a.number - b.number).slice(-MOST_ROWS) : rows;
}

/**
 * @param {Float32Array} start
 * @param {Float32Array} end
 */
function joined(start, end) {
  const all = new Float32Array(start.length + end.length);
  all.set(start);
  all.set(end, start.length);
  return all;
}

/**
 * @param {any} value
 * @returns {string}
 */
export function formatNumber(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value; // "nan", "inf"
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : value.toFixed(4);
}

/** @param {any} epoch */
export function formatEpoch(epoch) {
  return typeof epoch === "number" ? epoch.toFixed(2) : "–";
}

/** Seconds as 0:07, 12:40 or 3:05:00. @param {number | null | undefined} seconds */
export function formatDuration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

/** @param {number | null | undefined} rate */
export function formatRate(rate) {
  return rate ? rate.toFixed(rate >= 100 ? 0 : rate >= 10 ? 1 : 2) : "–";
}

export const formatCount = (/** @type {number | undefined} */ count) => (count ?? 0).toLocaleString("en-US");
export const trimmed = (/** @type {number} */ value) =>
  Number(value.toPrecision(6)).toLocaleString("en-US", { maximumSignificantDigits: 6 });

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
 * Where the axis of steps ends: the run's length, halved as long as the curve fits in. So it changes seldom.
 * @param {number} step
 * @param {number} maxSteps
 */
export function stepLimit(step, maxSteps) {
  let limit = Math.max(step, maxSteps, 1);
  while (limit / 2 >= Math.max(step, 10)) limit /= 2;
  return limit;
}

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
 * What the axis of values must hold: all values, but for a few steps far above the others.
 * @param {Record<string, Curve>} curves
 * @returns {[number, number]}
 */
export function valueRange(curves) {
  const lows = [...column(curves.loss, 2), ...column(curves.eval_loss, 2)];
  const highs = column(curves.loss, 3).sort((a, b) => a - b);
  const evaluated = column(curves.eval_loss, 3);
  if (!lows.length) return [0, 1];
  let low = lows.reduce((a, b) => Math.min(a, b));
  const top = [...highs, ...evaluated].reduce((a, b) => Math.max(a, b));
  const usual = [...evaluated, highs[Math.floor(highs.length * 0.98)] ?? low].reduce((a, b) => Math.max(a, b));
  const high = top - low <= 1.6 * (usual - low) ? top : usual;
  if (low > 0 && low < 0.6 * high) low = 0;
  const margin = high > low ? 0 : Math.abs(high) * 0.1 || 0.5;
  return [low - margin, high + margin];
}

/**
 * Moving mean over `reach` neighbours on both sides; fewer at the start, so that the first value stays.
 * @param {number[]} values
 * @param {number} reach
 */
export function smooth(values, reach) {
  const sums = [0];
  for (const value of values) sums.push(sums[sums.length - 1] + value);
  return values.map((_, index) => {
    const from = Math.max(0, index - reach);
    const to = Math.min(values.length, index + Math.min(reach, index) + 1);
    return (sums[to] - sums[from]) / (to - from);
  });
}

/**
 * Index of the bin nearest to `step`, -1 if there is none.
 * @param {Curve | undefined} curve
 * @param {number} step
 */
export function nearest(curve, step) {
  const steps = column(curve, 1);
  return steps.reduce(
    (best, last, index) => (best < 0 || Math.abs(last - step) < Math.abs(steps[best] - step) ? index : best),
    -1,
  );
}

/**
 * The best value of each metric, once there are two to compare.
 * @param {Row[]} rows
 * @returns {Record<string, number>}
 */
export function bestValues(rows) {
  const names = new Set(rows.flatMap((row) => Object.keys(row.metrics)));
  const best = [...names].map((name) => {
    const values = rows.map((row) => row.metrics[name]).filter((value) => typeof value === "number");
    const pick = /(^|_)(loss|mse|mae|rmse)$/.test(name) ? Math.min : Math.max;
    return [name, values.length > 1 ? pick(...values) : NaN];
  });
  return Object.fromEntries(best);
}

/** What the bar and the line above it say. @param {Record<string, any>} head */
export function progress(head) {
  const { status = "created", phase, step = 0, max_steps: total = 0 } = head;
  const work = phase && phase.total ? Math.min(1, phase.done / phase.total) : null;
  const counted = phase?.total ? ` ${formatCount(phase.done)} / ${formatCount(phase.total)}` : "";
  const label =
    status === "running" && !total
      ? "Preparing"
      : (STATUS[/** @type {"created"} */ (status)] ?? status[0].toUpperCase() + status.slice(1));
  return {
    label,
    detail: phase ? phase.name + counted : "",
    fraction: total ? Math.min(1, step / total) : (work ?? 0),
    work,
    training: total > 0,
  };
}
