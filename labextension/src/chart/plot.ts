/** Draws the parts of a chart: axes, epochs, points, and the marks of commands. */

import type { Axis } from './axis.js';
import type { Mark } from '../kernel/protocol.js';
import type { Placed } from './marks.js';
import type { Scale } from './scales.js';

export const PAD = { left: 56, right: 14, top: 8, bottom: 24 };
export const LABEL_HEIGHT = 14;

/** In CSS pixels. */
export type Point = readonly [number, number];

/** What a chart is drawn on. */
export interface Surface {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  font: string;
  /** A colour by its name. */
  paint: (name: string) => string;
}

/** A surface with the scales of a chart. */
export interface Plot extends Surface {
  x: (step: number) => number;
  y: (value: number) => number;
  axis: Axis;
  top: number;
  bottom: number;
}

/** The surface of a canvas, with the resolution of the screen, and cleared; null while it has no size. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface | null {
  const context = canvas.getContext('2d');
  const { clientWidth, clientHeight } = canvas;
  if (!context || !clientWidth || !clientHeight) {
    return null;
  }
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
  if (canvas.width !== width) {
    canvas.width = width;
  }
  if (canvas.height !== height) {
    canvas.height = height;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  return {
    ...{ context, width: clientWidth, height: clientHeight, font: style.fontFamily },
    paint: name => style.getPropertyValue(`--nbt-${name}`).trim()
  };
}

export function setFont({ context, font }: Surface): void {
  context.font = `11px ${font}`;
  context.textBaseline = 'middle';
  context.lineJoin = context.lineCap = 'round';
}

/** The plot of a surface. */
export function plotOn(surface: Surface, axis: Axis, values: Scale): Plot {
  return {
    ...{ ...surface, axis, x: axis.at, y: values.at },
    ...{ top: values.at(values.range[1]), bottom: surface.height - PAD.bottom }
  };
}

export function trace({ context }: Plot, points: readonly Point[]): void {
  context.beginPath();
  for (const [x, y] of points) {
    context.lineTo(x, y);
  }
}

/** @param named whether the ticks have numbers */
export function drawValueAxis(
  plot: Plot,
  marks: readonly number[],
  named: boolean,
  format: (mark: number) => string
): void {
  const { context } = plot;
  context.lineWidth = 1;
  context.textAlign = 'right';
  context.fillStyle = plot.paint('soft');
  context.strokeStyle = plot.paint('line');
  for (const mark of marks) {
    const y = crisp(plot.y(mark));
    trace(plot, [
      [PAD.left, y],
      [plot.width - PAD.right, y]
    ]);
    context.stroke();
    if (named) {
      context.fillText(format(mark), PAD.left - 8, y);
    }
  }
}

/** The numbers below; none is outside of the chart. */
export function drawStepAxis({ context, width, height, axis }: Plot): void {
  const y = height - 9;
  context.fillText(axis.title, PAD.left - 8, y);
  context.textAlign = 'center';
  let end = PAD.left - 6;
  for (const [step, label] of axis.ticks(width)) {
    const half = context.measureText(label).width / 2;
    const x = Math.min(axis.at(step), width - half - 1);
    if (x - half > end) {
      context.fillText(label, x, y);
      end = x + half + 6;
    }
  }
}

/** Two strokes across the axis: it does not begin at 0. */
export function drawCutAtBottom(plot: Plot): void {
  const { context, bottom } = plot;
  const x = PAD.left;
  context.save();
  context.strokeStyle = plot.paint('soft');
  context.lineWidth = 1.25;
  for (const y of [bottom - 8, bottom - 4]) {
    trace(plot, [
      [x - 5, y + 2],
      [x + 5, y - 2]
    ]);
    context.stroke();
  }
  context.restore();
}

/** An arrow with the highest value, which is above the axis. */
export function drawCutAtTop(plot: Plot, text: string): void {
  const { context, top, width } = plot;
  context.save();
  context.fillStyle = plot.paint('soft');
  context.textAlign = 'right';
  context.textBaseline = 'top';
  const said = `↑ ${text}`;
  const [right, room] = [width - PAD.right - 2, context.measureText(said).width];
  context.save();
  context.fillStyle = plot.paint('paper');
  context.globalAlpha = 0.85;
  context.fillRect(right - room - 3, top + 2, room + 6, 15);
  context.restore();
  context.fillText(said, right, top + 4);
  context.restore();
}

/** Draw a faint line at the end of each epoch. */
export function drawEpochs(plot: Plot, steps: readonly number[]): void {
  const { context } = plot;
  context.save();
  context.strokeStyle = plot.paint('line');
  context.lineWidth = 1;
  context.lineCap = 'butt';
  context.setLineDash([1, 3]);
  for (const step of steps) {
    drawVertical(plot, step);
  }
  context.restore();
}

/** Draw a line at each command, with a label above the curve if it fits. */
export function drawMarks(plot: Plot, commands: readonly Mark[], labels: readonly Placed[]): void {
  const { context } = plot;
  const middle = (row: number): number => PAD.top + row * LABEL_HEIGHT;
  context.save();
  context.strokeStyle = context.fillStyle = plot.paint('soft');
  context.lineWidth = 1;
  context.textAlign = 'left';
  for (const { x, left, row, text } of labels) {
    context.fillText(text, left, middle(row));
    trace(plot, [
      [crisp(x), middle(row) - 5],
      [crisp(x), plot.top]
    ]);
    context.stroke();
  }
  context.globalAlpha = 0.7;
  context.setLineDash([3, 3]);
  for (const { step } of commands) {
    drawVertical(plot, step);
  }
  context.restore();
}

export function drawVertical(plot: Plot, step: number): void {
  const x = crisp(plot.x(step));
  trace(plot, [
    [x, plot.top],
    [x, plot.bottom]
  ]);
  plot.context.stroke();
}

/** Draw a point with a rim in the background colour: a circle, square, triangle or diamond. */
export function drawDot({ context, paint }: Plot, [x, y]: Point, colour: string, radius: number, shape = 0): void {
  const corners: readonly (readonly Point[])[] = [
    [],
    [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1]
    ],
    [
      [0, -1.25],
      [1.2, 0.9],
      [-1.2, 0.9]
    ],
    [
      [0, -1.35],
      [1.35, 0],
      [0, 1.35],
      [-1.35, 0]
    ]
  ];
  context.beginPath();
  const of = corners[shape % corners.length]!;
  if (of.length === 0) {
    context.arc(x, y, radius, 0, 2 * Math.PI);
  } else {
    const size = radius * 0.95;
    of.forEach(([dx, dy]) => context.lineTo(x + dx * size, y + dy * size));
    context.closePath();
  }
  context.fillStyle = paint(colour);
  context.fill();
  context.strokeStyle = paint('paper');
  context.lineWidth = Math.min(1.5, radius / 2);
  context.stroke();
}

/** For a line of one sharp pixel. */
const crisp = (pixel: number): number => Math.round(pixel) + 0.5;
