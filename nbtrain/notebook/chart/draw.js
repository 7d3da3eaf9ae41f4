// @ts-check
/** The curves of the loss chart. */

import { brokenEnd, column, epochEnds, limitOf, nearest, pointsOf, smooth, validationOf, valueRange } from "./curves.js";
import { placeLabels } from "./marks.js";
import {
  LABEL_HEIGHT,
  PAD,
  drawDot,
  drawEpochs,
  drawMarks,
  drawStepAxis,
  drawValueAxis,
  fit,
  plotOn,
  setFont,
  trace,
} from "./plot.js";
import { TICK_PIXELS, logTicks, scale, ticks } from "./scales.js";

/**
 * @typedef {import("./curves.js").ChartData} ChartData
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {import("./curves.js").Range} Range
 * @typedef {{range: Range | null, log: boolean}} View  the visible steps, null for all
 * @typedef {{hover: number | null, picked: Range | null}} Pointer  the step under it, and the steps of a drag
 * @typedef {import("./plot.js").Plot} Plot
 * @typedef {import("./plot.js").Point} Point
 */

/** Colours for the validation losses of several evaluation sets. */
const SETS = 4;

/** Dashes distinguish the curves behind, in addition to colours. */
export const DASHES = [[5, 3], [2, 2.5], [8, 3, 2, 3], [1, 3], [11, 4]]; // prettier-ignore

/**
 * Converts steps to pixels and back.
 * @param {HTMLCanvasElement} canvas
 * @param {ChartData} data
 * @param {View} view
 */
export function stepScale(canvas, { head }, { range }) {
  return scale(range ?? [0, limitOf(head)], PAD.left, canvas.clientWidth - PAD.right);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ChartData} data
 * @param {View} view
 * @param {Pointer} pointer
 */
export function drawChart(canvas, data, view, { hover, picked }) {
  const context = canvas.getContext("2d");
  if (!context || !canvas.clientWidth || !canvas.clientHeight) return;
  const { curves, behind, marks: commands } = data;
  fit(canvas, context);
  const steps = stepScale(canvas, data, view);
  const [values, marks] = valueAxis(data, view, steps.range, canvas.clientHeight / TICK_PIXELS);
  const widthOf = (/** @type {string} */ text) => context.measureText(text).width;
  setFont(canvas, context);
  const inside = commands.filter(({ step }) => step >= steps.range[0] && step <= steps.range[1]);
  const labels = placeLabels(inside, steps.at, widthOf, canvas.clientWidth - PAD.right);
  const rows = Math.max(0, ...labels.map(({ row }) => row + 1));
  const top = PAD.top + rows * LABEL_HEIGHT;
  const plot = plotOn(canvas, context, steps, scale(values, canvas.clientHeight - PAD.bottom, top, view.log));
  const validation = validationOf(curves);
  const isEmpty = !curves.loss?.bins.length && !validation.length;
  drawValueAxis(plot, marks, !isEmpty);
  if (isEmpty) return;
  drawStepAxis(plot);
  drawEpochs(plot, epochEnds(data.head, steps.range));
  drawMarks(plot, inside, labels);
  context.save();
  context.beginPath();
  // clip at the right edge only when zoomed
  context.rect(PAD.left, 0, plot.width - PAD.left - (view.range ? PAD.right : 0), plot.bottom + 1);
  context.clip();
  const broken = brokenEnd(data.head, curves.loss);
  if (broken) drawBroken(plot, broken.steps, `loss is ${broken.loss}`);
  behind.forEach((one, index) => drawBehind(plot, one, index));
  if (curves.loss) drawTraining(plot, curves.loss);
  validation.forEach(([, curve], index) => drawValidation(plot, curve, colourOf(index)));
  if (hover !== null) drawPointer(plot, curves, hover);
  if (picked) drawPicked(plot, picked);
  context.restore();
}

/**
 * The range of the value axis, and its ticks.
 * @param {ChartData} data
 * @param {View} view
 * @param {Range} steps
 * @param {number} count
 * @returns {[Range, number[]]}
 */
function valueAxis({ curves, behind }, { range, log }, steps, count) {
  const values = valueRange(curves, { ...(range ? { steps } : {}), log, behind });
  if (log) return [values, logTicks(...values, count)];
  const marks = ticks(...values, count);
  return [[marks[0], marks[marks.length - 1]], marks];
}

/**
 * A band from lowest to highest, a faint line of all means, and a strong one of smoothed means.
 * @param {Plot} plot
 * @param {Curve} curve
 */
function drawTraining(plot, curve) {
  const { context } = plot;
  const steps = column(curve, 1);
  const xs = steps.map(plot.x);
  const points = (/** @type {number[]} */ values) =>
    values.map((value, index) => /** @type {Point} */ ([xs[index], plot.y(value)]));
  const means = column(curve, 4);
  context.fillStyle = context.strokeStyle = plot.paint("train");
  context.globalAlpha = 0.22;
  trace(plot, [...points(column(curve, 3)), ...points(column(curve, 2)).reverse()]);
  context.fill();
  context.globalAlpha = means.length > 40 ? 0.3 : 0.5;
  context.lineWidth = 1;
  trace(plot, points(means));
  context.stroke();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  trace(plot, points(smooth(steps, means)));
  context.stroke();
}

/**
 * Another run, in faint colours behind this one.
 * @param {Plot} plot
 * @param {import("./curves.js").Behind} behind
 * @param {number} index of the curve, for its colour and dashes
 */
function drawBehind(plot, behind, index) {
  const { context } = plot;
  const points = pointsOf(behind);
  const losses = smooth(points.map(([step]) => step), points.map(([, loss]) => loss)); // prettier-ignore
  context.save();
  context.strokeStyle = plot.paint(`behind-${(index % DASHES.length) + 1}`);
  context.globalAlpha = 0.8;
  context.lineWidth = 1.25;
  context.lineCap = "butt";
  context.setLineDash(DASHES[index % DASHES.length]);
  trace(plot, points.map(([step], at) => /** @type {Point} */ ([plot.x(step), plot.y(losses[at])]))); // prettier-ignore
  context.stroke();
  context.restore();
}

/** The colour of a validation loss: each evaluation set has one. @param {number} index */
export function colourOf(index) {
  return index % SETS ? `valid-${(index % SETS) + 1}` : "valid";
}

/**
 * @param {Plot} plot
 * @param {Curve} curve
 * @param {string} colour
 */
function drawValidation(plot, curve, colour) {
  const { context } = plot;
  const xs = column(curve, 1).map(plot.x);
  const points = column(curve, 4).map((value, index) => /** @type {Point} */ ([xs[index], plot.y(value)]));
  context.strokeStyle = plot.paint(colour);
  context.lineWidth = 2;
  trace(plot, points);
  context.stroke();
  const apart = points.length > 1 ? (xs[xs.length - 1] - xs[0]) / (xs.length - 1) : xs[0] - PAD.left;
  if (apart > 5) points.forEach((point) => drawDot(plot, point, colour, Math.min(4, 0.3 * apart)));
}

/**
 * A line at the step under the pointer, and a dot on the training curve.
 * @param {Plot} plot
 * @param {Record<string, Curve>} curves
 * @param {number} hover
 */
function drawPointer(plot, curves, hover) {
  const { context } = plot;
  const isTraining = Boolean(curves.loss?.bins.length);
  const curve = isTraining ? curves.loss : validationOf(curves)[0]?.[1];
  const index = nearest(curve, hover);
  const x = plot.x(column(curve, 1)[index]);
  context.lineWidth = 1;
  context.strokeStyle = plot.paint("soft");
  context.globalAlpha = 0.6;
  trace(plot, [[x, plot.top], [x, plot.bottom]]); // prettier-ignore
  context.stroke();
  context.globalAlpha = 1;
  drawDot(plot, [x, plot.y(column(curve, 4)[index])], isTraining ? "train" : "valid", 4);
}

/**
 * Shade the steps whose loss is not finite.
 * @param {Plot} plot
 * @param {Range} steps
 * @param {string} text
 */
function drawBroken(plot, steps, text) {
  const { context } = plot;
  const [left, right] = steps.map(plot.x);
  context.fillStyle = plot.paint("bad");
  context.globalAlpha = 0.14;
  context.fillRect(left, plot.top, right - left, plot.bottom - plot.top);
  context.globalAlpha = 1;
  context.textAlign = "center";
  if (context.measureText(text).width < right - left)
    context.fillText(text, (left + right) / 2, (plot.top + plot.bottom) / 2);
}

/**
 * Shade the steps of a drag, to which the chart zooms when the pointer is released.
 * @param {Plot} plot
 * @param {Range} picked
 */
function drawPicked(plot, picked) {
  const { context } = plot;
  const [left, right] = picked.map(plot.x).sort((a, b) => a - b);
  context.fillStyle = context.strokeStyle = plot.paint("train");
  context.globalAlpha = 0.14;
  context.fillRect(left, plot.top, right - left, plot.bottom - plot.top);
  context.globalAlpha = 1;
}

