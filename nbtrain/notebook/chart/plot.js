// @ts-check
/** Draws the parts of a chart on a canvas: axes, epochs, and the marks of commands. */

import { formatCount, formatShort } from "./format.js";
import { stepTicks } from "./scales.js";

/**
 * @typedef {ReturnType<typeof plotOn>} Plot
 * @typedef {[number, number]} Point  in CSS pixels
 */

export const PAD = { left: 48, right: 14, top: 8, bottom: 24 };
export const LABEL_HEIGHT = 14;

/**
 * Set the resolution of the canvas to that of the screen, and clear it.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 */
export function fit(canvas, context) {
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
export function setFont(canvas, context) {
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = "middle";
  context.lineJoin = context.lineCap = "round";
}

/**
 * The context that all parts of a chart draw with.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 * @param {import("./scales.js").Scale} steps
 * @param {import("./scales.js").Scale} values
 */
export function plotOn(canvas, context, steps, values) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const style = getComputedStyle(canvas);
  return {
    ...{ context, width, height, x: steps.at, y: values.at, range: steps.range },
    top: values.at(values.range[1]),
    bottom: height - PAD.bottom,
    paint: (/** @type {string} */ name) => style.getPropertyValue(`--nbt-${name}`).trim(),
  };
}

/**
 * @param {Plot} plot
 * @param {Point[]} points
 */
export function trace({ context }, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
}

/**
 * @param {Plot} plot
 * @param {number[]} marks
 * @param {boolean} named whether the ticks have numbers
 */
export function drawValueAxis(plot, marks, named) {
  const { context } = plot;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.fillStyle = plot.paint("soft");
  context.strokeStyle = plot.paint("line");
  for (const mark of marks) {
    const y = Math.round(plot.y(mark)) + 0.5; // a line of one sharp pixel
    trace(plot, [[PAD.left, y], [plot.width - PAD.right, y]]); // prettier-ignore
    context.stroke();
    if (named) context.fillText(formatShort(mark), PAD.left - 8, y);
  }
}

/** @param {Plot} plot */
export function drawStepAxis({ context, width, height, range: [from, to], x }) {
  const y = height - 9;
  context.fillText("step", PAD.left - 8, y);
  context.textAlign = "center";
  for (const mark of stepTicks(from, to, width)) {
    const half = context.measureText(formatCount(mark)).width / 2;
    context.fillText(formatCount(mark), Math.min(x(mark), width - half), y);
  }
}

/**
 * Draw a faint line at the end of each epoch.
 * @param {Plot} plot
 * @param {number[]} steps
 */
export function drawEpochs(plot, steps) {
  const { context } = plot;
  context.save();
  context.strokeStyle = plot.paint("line");
  context.lineWidth = 1;
  context.lineCap = "butt";
  context.setLineDash([1, 3]);
  for (const step of steps) {
    const x = Math.round(plot.x(step)) + 0.5;
    trace(plot, [[x, plot.top], [x, plot.bottom]]); // prettier-ignore
    context.stroke();
  }
  context.restore();
}

/**
 * Draw a line at each command, with a label above the curve if it fits.
 * @param {Plot} plot
 * @param {import("./curves.js").Mark[]} commands
 * @param {import("./marks.js").Placed[]} labels
 */
export function drawMarks(plot, commands, labels) {
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
 * Draw a dot with a rim in the background colour.
 * @param {Plot} plot
 * @param {Point} point
 * @param {string} colour
 * @param {number} radius
 */
export function drawDot({ context, paint }, [x, y], colour, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = paint(colour);
  context.fill();
  context.strokeStyle = paint("paper");
  context.lineWidth = Math.min(1.5, radius / 2);
  context.stroke();
}
