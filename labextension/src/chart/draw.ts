/** Draws the curves of one tab of the chart. */

import type { Axis, AxisKind } from './axis.js';
import { axisOf } from './axis.js';
import type { Behind, ChartData, Range } from './curves.js';
import { brokenEnd, column, epochEnds, highest, limitOf, nearest, pointsOf, smooth, valueRange } from './curves.js';
import { formatShort } from '../common/format.js';
import { placeLabels } from './marks.js';
import type { Plot, Point, Surface } from './plot.js';
import {
  LABEL_HEIGHT,
  PAD,
  drawCutAtBottom,
  drawCutAtTop,
  drawDot,
  drawEpochs,
  drawMarks,
  drawStepAxis,
  drawValueAxis,
  drawVertical,
  plotOn,
  setFont,
  trace
} from './plot.js';
import { TICK_PIXELS, logTicks, scale, ticks } from './scales.js';
import type { Series, Tab } from './series.js';
import { BEHIND_DASHES, behindOf, seriesOf, shownOf } from './series.js';

/** What the user chose to see. */
export interface View {
  tab: Tab;
  /** The visible steps, null for all. */
  range: Range | null;
  log: boolean;
  axis: AxisKind;
  /** Span of the moving average in steps; null for the usual one, 0 for none. */
  span: number | null;
  /** IDs of the curves that are hidden. */
  hidden: ReadonlySet<string>;
}

/** The step under the pointer, and the steps of a drag. */
export interface Pointer {
  hover: number | null;
  picked: Range | null;
}

/** The curves that are visible. */
export const visibleSeries = (data: ChartData, { tab, hidden }: View): Series[] =>
  seriesOf(data.curves, tab.id).filter(({ id }) => !hidden.has(id));

/** The smoothed values of a curve. */
export function smoothedOf({ curve, noisy }: Series, { span }: View): number[] {
  const means = column(curve, 4);
  return noisy ? smooth(column(curve, 1), means, span ?? undefined) : means;
}

/** Converts steps to pixels and back. */
export function stepAxis(width: number, data: ChartData, { axis, range }: View): Axis {
  return axisOf(axis, data, range ?? [0, limitOf(data.head)], PAD.left, width - PAD.right);
}

export function drawChart(surface: Surface, data: ChartData, view: View, { hover, picked }: Pointer): void {
  const { context, width, height } = surface;
  const series = visibleSeries(data, view);
  const behind = behindOf(data, view.tab.id).filter((_, index) => !view.hidden.has(behindId(index)));
  const axis = stepAxis(width, data, view);
  const [values, marks] = valueAxis(series, behind, view, axis.range, height / TICK_PIXELS);
  setFont(surface);
  const inside = data.marks.filter(({ step }) => step >= axis.range[0] && step <= axis.range[1]);
  const labels = placeLabels(inside, axis.at, text => context.measureText(text).width, width - PAD.right);
  const rows = Math.max(0, ...labels.map(({ row }) => row + 1));
  const plot = plotOn(surface, axis, scale(values, height - PAD.bottom, PAD.top + rows * LABEL_HEIGHT, view.log));
  const isEmpty = series.length === 0 && behind.length === 0;
  drawValueAxis(plot, marks, !isEmpty, formatShort);
  if (isEmpty) {
    return;
  }
  drawStepAxis(plot);
  drawEpochs(plot, epochEnds(data.head, axis.range));
  drawMarks(plot, inside, labels);
  context.save();
  context.beginPath();
  // clip at the right edge only when zoomed
  context.rect(PAD.left, plot.top - 5, width - PAD.left - (view.range ? PAD.right : 0), plot.bottom - plot.top + 6);
  context.clip();
  const broken = view.tab.id === 'loss' ? brokenEnd(data.head, data.curves['loss']) : null;
  if (broken) {
    drawBroken(plot, broken.steps, `loss is ${broken.loss}`);
  }
  behind.forEach((one, index) => drawBehind(plot, one, index, view));
  series.filter(({ noisy }) => noisy).forEach(one => drawNoisy(plot, one, view));
  series.filter(({ noisy }) => !noisy).forEach(one => drawExact(plot, one, view));
  if (hover !== null) {
    drawPointer(plot, series, view, hover);
  }
  if (picked) {
    drawPicked(plot, picked);
  }
  context.restore();
  if (!view.log && values[0] > 0) {
    drawCutAtBottom(plot);
  }
  const top = highest(shownOf(series, behind), axis.range);
  if (top > values[1] * (1 + 1e-6)) {
    drawCutAtTop(plot, view.tab.format(top));
  }
}

/** The ID of a curve behind. */
export const behindId = (index: number): string => `behind:${index}`;

/** The range of the value axis, and its ticks. */
function valueAxis(
  series: Series[],
  behind: Behind[],
  { range, log }: View,
  steps: Range,
  count: number
): [Range, number[]] {
  const values = valueRange(shownOf(series, behind), { ...(range ? { steps } : {}), log });
  if (log) {
    return [values, logTicks(...values, count)];
  }
  const marks = ticks(...values, count);
  return [[marks[0]!, marks[marks.length - 1]!], marks];
}

/** A band from lowest to highest, a faint line of all means, and a strong one of smoothed means. */
function drawNoisy(plot: Plot, series: Series, view: View): void {
  const { context } = plot;
  const { curve } = series;
  const xs = column(curve, 1).map(plot.x);
  const points = (values: readonly number[]): Point[] => values.map((value, index) => [xs[index]!, plot.y(value)]);
  const means = column(curve, 4);
  context.fillStyle = context.strokeStyle = plot.paint(series.colour);
  context.globalAlpha = 0.22;
  trace(plot, [...points(column(curve, 3)), ...points(column(curve, 2)).reverse()]);
  context.fill();
  context.globalAlpha = means.length > 200 ? 0.5 : 0.7;
  context.lineWidth = 1;
  trace(plot, points(means));
  context.stroke();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  trace(plot, points(smoothedOf(series, view)));
  context.stroke();
  if (means.length === 1) {
    drawDot(plot, points(means)[0]!, series.colour, 3);
  }
}

/** Another run, in faint colours behind this one. */
function drawBehind(plot: Plot, behind: Behind, index: number, { span }: View): void {
  const { context } = plot;
  const points = pointsOf(behind);
  const losses = smooth(points.map(([step]) => step), points.map(([, loss]) => loss), span ?? undefined); // prettier-ignore
  context.save();
  context.strokeStyle = plot.paint(`behind-${(index % BEHIND_DASHES.length) + 1}`);
  context.globalAlpha = 0.8;
  context.lineWidth = 1.25;
  context.lineCap = 'butt';
  context.setLineDash([...BEHIND_DASHES[index % BEHIND_DASHES.length]!]);
  trace(plot, points.map(([step], at): Point => [plot.x(step), plot.y(losses[at]!)])); // prettier-ignore
  context.stroke();
  context.restore();
}

/** A line through all values, with points where there is room for them. */
function drawExact(plot: Plot, { curve, colour, dash, shape, id }: Series, { tab }: View): void {
  const { context } = plot;
  const xs = column(curve, 1).map(plot.x);
  const points = column(curve, 4).map((value, index): Point => [xs[index]!, plot.y(value)]);
  context.save();
  context.strokeStyle = plot.paint(colour);
  context.lineWidth = 2;
  context.lineCap = dash.length ? 'butt' : 'round';
  context.setLineDash([...dash]);
  trace(plot, points);
  context.stroke();
  context.restore();
  const isPerEvaluation = id.startsWith('eval_') || tab.id === 'metrics';
  const apart = points.length > 1 ? (xs[xs.length - 1]! - xs[0]!) / (xs.length - 1) : (xs[0] ?? 0) - PAD.left;
  if ((isPerEvaluation && apart > 5) || points.length === 1) {
    points.forEach(point => drawDot(plot, point, colour, Math.min(4, Math.max(2.5, 0.3 * apart)), shape));
  }
}

/** A line at the step under the pointer, and dots on the curves. */
function drawPointer(plot: Plot, series: readonly Series[], view: View, hover: number): void {
  const { context } = plot;
  const lead = series[0];
  const at = column(lead?.curve, 1)[nearest(lead?.curve, hover)];
  if (at === undefined) {
    return;
  }
  context.lineWidth = 1;
  context.strokeStyle = plot.paint('soft');
  context.globalAlpha = 0.6;
  drawVertical(plot, at);
  context.globalAlpha = 1;
  for (const one of series.filter(({ noisy }) => noisy)) {
    const index = nearest(one.curve, hover);
    const x = plot.x(column(one.curve, 1)[index]!);
    drawDot(plot, [x, plot.y(column(one.curve, 4)[index]!)], one.colour, 2.5);
    drawDot(plot, [x, plot.y(smoothedOf(one, view)[index]!)], one.colour, 4);
  }
}

/** Shade the steps whose loss is not finite. */
function drawBroken(plot: Plot, steps: Range, text: string): void {
  const { context } = plot;
  const [left, right] = [plot.x(steps[0]), plot.x(steps[1])];
  context.fillStyle = plot.paint('bad');
  context.globalAlpha = 0.14;
  context.fillRect(left, plot.top, right - left, plot.bottom - plot.top);
  context.globalAlpha = 1;
  context.textAlign = 'center';
  if (context.measureText(text).width < right - left) {
    context.fillText(text, (left + right) / 2, (plot.top + plot.bottom) / 2);
  }
}

/** Shade the steps of a drag, to which the chart zooms when the pointer is released. */
function drawPicked(plot: Plot, picked: Range): void {
  const { context } = plot;
  const [left, right] = picked.map(plot.x).sort((a, b) => a - b) as [number, number];
  context.fillStyle = plot.paint('train');
  context.globalAlpha = 0.14;
  context.fillRect(left, plot.top, right - left, plot.bottom - plot.top);
  context.globalAlpha = 1;
}
