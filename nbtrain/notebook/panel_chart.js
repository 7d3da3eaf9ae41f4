// @ts-check
/** The loss chart of the panel, on a canvas. */

import { placeLabels } from "./panel_marks.js";
import { ENDED, column, formatCount, nearest, smooth, stepLimit, ticks, trimmed, valueRange } from "./panel_values.js";

/**
 * @typedef {import("./panel_values.js").Picture} Picture
 * @typedef {import("./panel_values.js").Curve} Curve
 * @typedef {ReturnType<typeof plotOn>} Plot
 * @typedef {[number, number]} Point  in CSS pixels
 */

const PAD = { left: 48, right: 14, top: 8, bottom: 24 };
const LABEL_HEIGHT = 14;

/**
 * From steps to pixels and back.
 * @param {HTMLCanvasElement} canvas
 * @param {Record<string, any>} head
 */
export function stepScale(canvas, head) {
  const done = head.step ?? 0;
  const limit = stepLimit(done, ENDED.includes(head.status) ? done : (head.max_steps ?? 0));
  const span = canvas.clientWidth - PAD.left - PAD.right;
  return {
    limit,
    x: (/** @type {number} */ step) => PAD.left + (step / limit) * span,
    step: (/** @type {number} */ x) => ((x - PAD.left) / span) * limit,
  };
}

/**
 * Draws the curves.
 * @param {HTMLCanvasElement} canvas
 * @param {Picture} picture
 * @param {number | null} hover the step under the pointer
 */
export function drawChart(canvas, { curves, head, marks: commands }, hover) {
  const context = canvas.getContext("2d");
  if (!context || !canvas.clientWidth || !canvas.clientHeight) return;
  fit(canvas, context);
  const steps = stepScale(canvas, head);
  const marks = ticks(...valueRange(curves), canvas.clientHeight / 48);
  const widthOf = (/** @type {string} */ text) => context.measureText(text).width;
  setFont(canvas, context);
  const labels = placeLabels(commands, steps.x, widthOf, canvas.clientWidth - PAD.right);
  const rows = Math.max(0, ...labels.map(({ row }) => row + 1));
  const plot = plotOn(canvas, context, steps, [marks[0], marks[marks.length - 1]], PAD.top + rows * LABEL_HEIGHT);
  drawValueAxis(plot, marks, Boolean(curves.loss?.bins.length));
  if (!curves.loss?.bins.length) return;
  drawStepAxis(plot);
  drawMarks(plot, commands, labels);
  context.save();
  context.beginPath();
  context.rect(PAD.left, 0, plot.width - PAD.left, plot.bottom + 1);
  context.clip();
  drawParent(plot, curves.parent);
  drawTraining(plot, curves.loss);
  drawValidation(plot, curves.eval_loss);
  if (hover !== null) drawPointer(plot, curves.loss, hover);
  context.restore();
}

/**
 * Makes the canvas as fine as the screen, and empty.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 */
function fit(canvas, context) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((length) => Math.round(length * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 */
function setFont(canvas, context) {
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = "middle";
  context.lineJoin = context.lineCap = "round";
}

/**
 * What all parts of a chart draw with.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 * @param {ReturnType<typeof stepScale>} steps
 * @param {[number, number]} range of the values, lowest first
 * @param {number} top where the highest value is
 */
function plotOn(canvas, context, steps, [low, high], top) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const style = getComputedStyle(canvas);
  const bottom = height - PAD.bottom;
  return {
    ...{ context, width, height, top, bottom, x: steps.x, limit: steps.limit },
    y: (/** @type {number} */ value) => top + ((high - value) / (high - low)) * (bottom - top),
    paint: (/** @type {string} */ name) => style.getPropertyValue(`--nbt-${name}`).trim(),
  };
}

/**
 * @param {Plot} plot
 * @param {Point[]} points
 */
function trace({ context }, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
}

/**
 * @param {Plot} plot
 * @param {number[]} marks
 * @param {boolean} named whether the marks have numbers
 */
function drawValueAxis(plot, marks, named) {
  const { context } = plot;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.fillStyle = plot.paint("soft");
  context.strokeStyle = plot.paint("line");
  for (const mark of marks) {
    const y = Math.round(plot.y(mark)) + 0.5; // a line of one sharp pixel
    trace(plot, [[PAD.left, y], [plot.width - PAD.right, y]]); // prettier-ignore
    context.stroke();
    if (named) context.fillText(trimmed(mark), PAD.left - 8, y);
  }
}

/** @param {Plot} plot */
function drawStepAxis({ context, width, height, limit, x }) {
  const y = height - 9;
  context.fillText("step", PAD.left - 8, y);
  context.textAlign = "center";
  for (const mark of ticks(0, limit, Math.min(limit, width / 90)).filter((mark) => mark <= limit)) {
    const half = context.measureText(formatCount(mark)).width / 2;
    context.fillText(formatCount(mark), Math.min(x(mark), width - half), y);
  }
}

/**
 * A line where the user steered the run, and above the curve a label where there is room for one.
 * @param {Plot} plot
 * @param {import("./panel_values.js").Mark[]} commands
 * @param {import("./panel_marks.js").Placed[]} labels
 */
function drawMarks(plot, commands, labels) {
  const { context } = plot;
  const crisp = (/** @type {number} */ x) => Math.round(x) + 0.5; // a line of one sharp pixel
  const middle = (/** @type {number} */ row) => PAD.top + row * LABEL_HEIGHT;
  context.save();
  context.strokeStyle = context.fillStyle = plot.paint("soft");
  context.lineWidth = 1;
  context.textAlign = "left";
  for (const { x, left, row, text } of labels) {
    context.fillText(text, left, middle(row));
    trace(plot, [[crisp(x), middle(row) - 5], [crisp(x), plot.top]]); // prettier-ignore
    context.stroke();
  }
  context.globalAlpha = 0.7;
  context.setLineDash([3, 3]);
  for (const { step } of commands) {
    trace(plot, [[crisp(plot.x(step)), plot.top], [crisp(plot.x(step)), plot.bottom]]); // prettier-ignore
    context.stroke();
  }
  context.restore();
}

/**
 * A band from lowest to highest, a faint line of all means, and a strong one of smoothed means.
 * @param {Plot} plot
 * @param {Curve} curve
 */
function drawTraining(plot, curve) {
  const { context } = plot;
  const xs = column(curve, 1).map(plot.x);
  const points = (/** @type {number[]} */ values) =>
    values.map((value, index) => /** @type {Point} */ ([xs[index], plot.y(value)]));
  const means = column(curve, 4);
  context.fillStyle = context.strokeStyle = plot.paint("train");
  context.globalAlpha = 0.22;
  trace(plot, [...points(column(curve, 3)), ...points(column(curve, 2)).reverse()]);
  context.fill();
  context.globalAlpha = means.length > 40 ? 0.3 : 0.5;
  trace(plot, points(means));
  context.stroke();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  trace(plot, points(smooth(means, Math.round(means.length / 40))));
  context.stroke();
}

/**
 * The run that this one goes on with, faint behind it.
 * @param {Plot} plot
 * @param {Curve | undefined} curve
 */
function drawParent(plot, curve) {
  if (!curve) return;
  const { context } = plot;
  const xs = column(curve, 1).map(plot.x);
  context.save();
  context.strokeStyle = plot.paint("soft");
  context.globalAlpha = 0.6;
  context.lineWidth = 1.5;
  context.setLineDash([4, 2]);
  trace(plot, smooth(column(curve, 4), 3).map((value, index) => /** @type {Point} */ ([xs[index], plot.y(value)])));
  context.stroke();
  context.restore();
}

/**
 * @param {Plot} plot
 * @param {Curve | undefined} curve
 */
function drawValidation(plot, curve) {
  const xs = column(curve, 1).map(plot.x);
  const points = column(curve, 4).map((value, index) => /** @type {Point} */ ([xs[index], plot.y(value)]));
  plot.context.strokeStyle = plot.paint("valid");
  trace(plot, points);
  plot.context.stroke();
  const apart = (xs[xs.length - 1] - PAD.left) / xs.length;
  if (apart > 5) points.forEach((point) => drawDot(plot, point, "valid", Math.min(4, 0.3 * apart)));
}

/**
 * A line at the step under the pointer, and a dot on the training curve.
 * @param {Plot} plot
 * @param {Curve} curve
 * @param {number} hover
 */
function drawPointer(plot, curve, hover) {
  const { context } = plot;
  const index = nearest(curve, hover);
  const x = plot.x(column(curve, 1)[index]);
  context.lineWidth = 1;
  context.strokeStyle = plot.paint("soft");
  context.globalAlpha = 0.6;
  trace(plot, [[x, plot.top], [x, plot.bottom]]); // prettier-ignore
  context.stroke();
  context.globalAlpha = 1;
  drawDot(plot, [x, plot.y(column(curve, 4)[index])], "train", 4);
}

/**
 * A dot with a rim in the colour of the paper.
 * @param {Plot} plot
 * @param {Point} point
 * @param {string} colour
 * @param {number} radius
 */
function drawDot({ context, paint }, [x, y], colour, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = paint(colour);
  context.fill();
  context.strokeStyle = paint("paper");
  context.lineWidth = Math.min(1.5, radius / 2);
  context.stroke();
}
