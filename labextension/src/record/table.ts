/** The evaluations of a record as a table of strings. */

import { formatColumn, formatCount, formatDuration, formatEpochs, formatNumber, metricTitle } from '../common/format.js';
import type { Row, SavedRun } from './parse.js';

const LOSS = 'loss';
const MAX_COLUMNS = 24;

export interface Line {
  /** Evaluations that were left out before this one. */
  gap: number;
  cells: string[];
  isBest: boolean;
}

export interface Table {
  titles: string[];
  /** What simple answers reach: a name, and the cells of the metrics. */
  baselines: { title: string; cells: string[] }[];
  lines: Line[];
  /** The main metric, by which the best evaluation was chosen, or "". */
  main: string;
  /** Number of metrics that do not fit. */
  leftOut: number;
}

type Tabulated = Pick<SavedRun, 'rows' | 'bestRow' | 'bestMetric' | 'baselines'>;

export function tabulate({ rows, bestRow, bestMetric, baselines }: Tabulated): Table {
  const all = [...new Set(rows.flatMap(row => [...row.metrics.keys()]))];
  const names = [...all.filter(name => name === LOSS), ...all.filter(name => name !== LOSS)];
  const shown = names.slice(0, MAX_COLUMNS);
  const columns = [
    rows.map(row => formatCount(row.step)),
    formatEpochs(rows.map(row => row.epoch)),
    formatColumn(rows.map(row => row.trainingLoss)),
    ...shown.map(name => formatColumn(rows.map(row => row.metrics.get(name) ?? null))),
    rows.map(row => (formatDuration(row.seconds)))
  ];
  return {
    titles: ['step', 'epoch', 'training loss', ...shown.map(metricTitle), 'time'],
    baselines: baselines.map(({ title, metrics }) => ({
      title,
      cells: shown.map(name => (metrics.has(name) ? formatNumber(metrics.get(name)) : ''))
    })),
    lines: rows.map((row, index) => ({
      gap: gap(rows[index - 1], row),
      cells: columns.map(cells => cells[index] ?? ''),
      isBest: row.number === bestRow
    })),
    main: rows.some(row => row.number === bestRow) ? bestMetric : '',
    leftOut: names.length - shown.length
  };
}

function gap(before: Row | undefined, row: Row): number {
  return Math.max(0, row.number - (before?.number ?? 0) - 1);
}
