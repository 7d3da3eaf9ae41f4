/** What the tabs of the chart show: the curves of a run by their kind, with colours and dashes. Without DOM. */

import type { Behind, ChartData, Curve, Shown } from './curves.js';
import { labelOf, validationOf } from './curves.js';
import { formatHyperparameter, formatNumber, formatRate } from '../common/format.js';

export type TabId = 'loss' | 'metrics' | 'learning_rate' | 'grad_norm' | 'speed' | 'memory';

export interface Series {
  /** Name of the curve in the data. */
  id: string;
  name: string;
  curve: Curve;
  colour: string;
  /** Lengths of dashes and gaps: curves differ in more than their colour. */
  dash: readonly number[];
  /** Shape of its points. */
  shape: number;
  /** Whether it has a value for each step, and is smoothed; the others are drawn with points. */
  noisy: boolean;
}

export interface Tab {
  id: TabId;
  title: string;
  /** What a value is, for people. */
  format: (value: number | string | null | undefined) => string;
}

/** Prefix of the curves of metrics. */
export const METRIC = 'metric:';

export const SHAPES = 4;

/** Dashes of curves, and of the curves behind. */
export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 2.5], [8, 3, 2, 3], [1, 3], [11, 4]];
export const BEHIND_DASHES: readonly (readonly number[])[] = [
  [5, 3],
  [2, 2.5],
  [8, 3, 2, 3],
  [1, 3],
  [11, 4]
];

const SETS = 4;
const METRIC_COLOURS = ['train', 'valid', 'valid-2', 'valid-3', 'valid-4', 'behind-4'];

const gigabytes = (value: number | string | null | undefined): string =>
  typeof value === 'number' ? `${formatNumber(value, 2)} GB` : formatNumber(value);

export const TABS: readonly Tab[] = [
  { id: 'loss', title: 'Loss', format: value => formatNumber(value) },
  { id: 'metrics', title: 'Metrics', format: value => formatNumber(value) },
  { id: 'learning_rate', title: 'Learning rate', format: value => formatHyperparameter(value) },
  { id: 'grad_norm', title: 'Gradient norm', format: value => formatNumber(value) },
  { id: 'speed', title: 'Examples/s', format: formatRate },
  { id: 'memory', title: 'Memory', format: gigabytes }
];

const SINGLE: Partial<Record<TabId, [id: string, name: string, noisy: boolean][]>> = {
  learning_rate: [['learning_rate', 'learning rate', false]],
  grad_norm: [['grad_norm', 'gradient norm', true]],
  speed: [['examples_per_second', 'examples/s', true]],
  memory: [
    ['memory', 'process', false],
    ['device_memory', 'device (GPU)', false]
  ]
};

/** The colour of a validation loss: each evaluation set has one. */
export const colourOf = (index: number): string => (index % SETS ? `valid-${(index % SETS) + 1}` : 'valid');

/** The curves of a tab that have data. */
export function seriesOf(curves: Record<string, Curve>, tab: TabId): Series[] {
  if (tab === 'loss') {
    const loss = curves['loss'];
    const training = loss?.bins.length
      ? [{ id: 'loss', name: 'training loss', curve: loss, colour: 'train', dash: [], shape: 0, noisy: true }]
      : [];
    const validation = validationOf(curves).map(([id, curve], index) => ({
      ...{ id, name: labelOf(id), curve, colour: colourOf(index), noisy: false },
      ...{ dash: DASHES[index % DASHES.length]!, shape: index % SHAPES }
    }));
    return [...training, ...validation];
  }
  if (tab === 'metrics') {
    const found = Object.entries(curves).filter(([id, { bins }]) => id.startsWith(METRIC) && bins.length);
    return found.map(([id, curve], index) => ({
      ...{ id, name: id.slice(METRIC.length), curve, noisy: false },
      ...{ colour: METRIC_COLOURS[index % METRIC_COLOURS.length]!, dash: DASHES[index % DASHES.length]! },
      shape: index % SHAPES
    }));
  }
  return (SINGLE[tab] ?? []).flatMap(([id, name, noisy], index) => {
    const curve = curves[id];
    return curve?.bins.length
      ? [{ id, name, curve, noisy, colour: index ? 'valid' : 'train', dash: DASHES[index]!, shape: index }]
      : [];
  });
}

/** The tabs that have data; the loss in any case. */
export function tabsOf(curves: Record<string, Curve>): Tab[] {
  return TABS.filter(({ id }) => id === 'loss' || seriesOf(curves, id).length > 0);
}

/** What the value axis must show. */
export function shownOf(series: readonly Series[], behind: Behind[]): Shown {
  const curves = (noisy: boolean): Curve[] => series.filter(one => one.noisy === noisy).map(({ curve }) => curve);
  return { noisy: curves(true), exact: curves(false), behind };
}

/** The curves behind; only losses of other runs are known. */
export const behindOf = ({ behind }: ChartData, tab: TabId): Behind[] => (tab === 'loss' ? behind : []);
