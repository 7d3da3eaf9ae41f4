/** The chart as files: PNG, and CSV of all curves. */

import type { ChartData, Curve } from './curves.js';
import { FIELDS, column, smooth } from './curves.js';
import type { View } from './draw.js';
import { behindId, drawChart, visibleSeries } from './draw.js';
import type { Surface } from './plot.js';
import { PAD, setFont } from './plot.js';
import { METRIC, TABS, behindOf, seriesOf } from './series.js';

const SCALE = 2;
const HEADER = 24;

/** All curves: a line per bin of steps, with its mean, its extremes and the smoothed value. */
export function csvOf({ curves, behind }: ChartData, span: number | null): string {
  const lines = ['curve,first step,last step,mean,lowest,highest,smoothed'];
  const noisy = new Set(TABS.flatMap(({ id }) => seriesOf(curves, id)).flatMap(one => (one.noisy ? [one.id] : [])));
  for (const [name, curve] of Object.entries(curves)) {
    const line = noisy.has(name) ? smooth(column(curve, 1), column(curve, 4), span ?? undefined) : null;
    lines.push(...binsOf(curve).map((bin, index) => row(name, bin, line?.[index])));
  }
  for (const { name, points } of behind) {
    for (let at = 0; at < points.length; at += 2) {
      lines.push(row(name, [points[at]!, points[at]!, points[at + 1]!, points[at + 1]!, points[at + 1]!], undefined));
    }
  }
  return `${lines.join('\n')}\n`;
}

function binsOf({ bins }: Curve): number[][] {
  return Array.from({ length: bins.length / FIELDS }, (_, at) => [...bins.subarray(at * FIELDS, (at + 1) * FIELDS)]);
}

function row(name: string, [first, last, low, high, mean]: readonly number[], smoothed: number | undefined): string {
  const label = name.startsWith(METRIC) ? `eval_${name.slice(METRIC.length)}` : name;
  const quoted = /[",\n]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label;
  const numbers = [mean, low, high, smoothed].map(value => (value === undefined ? '' : Number(value.toPrecision(7))));
  return [quoted, first, last, ...numbers].join(',');
}

/** The visible chart with its legend, on the background of the page. */
export function pngOf(surface: Surface, data: ChartData, view: View): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = surface.width * SCALE;
  canvas.height = (surface.height + HEADER) * SCALE;
  const context = canvas.getContext('2d')!;
  context.scale(SCALE, SCALE);
  context.fillStyle = surface.paint('paper');
  context.fillRect(0, 0, surface.width, surface.height + HEADER);
  const copy = { ...surface, context };
  setFont(copy);
  const entries = [
    ...visibleSeries(data, view).map(({ name, colour }) => [name, colour] as const),
    ...behindOf(data, view.tab.id).flatMap(({ name }, index) =>
      view.hidden.has(behindId(index)) ? [] : [[name, `behind-${index + 1}`] as const]
    )
  ];
  let x = PAD.left;
  for (const [name, colour] of entries) {
    context.fillStyle = surface.paint(colour);
    context.fillRect(x, HEADER / 2 - 2, 14, 4);
    context.fillStyle = surface.paint('ink');
    context.fillText(name, x + 20, HEADER / 2);
    x += 20 + context.measureText(name).width + 16;
  }
  context.translate(0, HEADER);
  drawChart(copy, data, view, { hover: null, picked: null });
  return new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
}

/** Have the browser save a file. */
export function save(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
