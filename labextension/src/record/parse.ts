/**
 * A record as it stands in a notebook. It may have been written by anybody: what is not as it should be is left out, and
 * nothing is longer than what can be shown.
 */

import type { Behind, ChartData, Curve, Mark } from '../chart/curves.js';
import type { Num } from '../kernel/protocol.js';

export const MIME_TYPE = 'application/vnd.nbtrain.run.v1+json';

const VERSION = 1;
const FIELDS = 5;
const MOST_BINS = 2000;
const LONGEST_BIN = 100;
const MOST_ITEMS = 200;
const MOST_METRICS = 100;
const LONGEST = 20_000;
const LONGEST_NAME = 60;
const PARENT = 'the run before';

/** One evaluation. */
export interface Row {
  number: number;
  step: number;
  epoch: Num;
  seconds: number | null;
  trainingLoss: Num;
  /** The validation loss is called "loss". */
  metrics: ReadonlyMap<string, Num>;
}

export interface Note {
  level: string;
  text: string;
}

export interface SavedRun {
  run: string;
  directory: string;
  config: string;
  /** "finished", "failed", ...; `summary` says it in words. */
  status: string;
  summary: string;
  reason: string;
  error: string;
  scores: string[];
  best: string;
  effort: string[];
  setup: string[];
  rows: Row[];
  bestRow: number | null;
  /** The metric that says which evaluation is the best, or "". */
  bestMetric: string;
  notes: Note[];
  chart: ChartData;
  /** What stands above the record where it is folded, since the run goes on; or "". */
  folded: string;
}

/** Why a record cannot be shown. */
export class RecordError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/** @throws RecordError where it is no record, or one of a later version. */
export function parseRecord(json: unknown): SavedRun {
  if (!isFields(json) || !isFields(json.head)) {
    throw new RecordError('The data is not the record of a run.');
  }
  if (json.version !== VERSION) {
    throw new RecordError(`It has version ${text(json.version, 20) || 'none'}, and this extension reads version ${VERSION}.`);
  }
  const head = json.head;
  const status = text(head.status, LONGEST_NAME);
  return {
    run: text(json.run, LONGEST_NAME),
    directory: text(json.directory),
    config: text(json.config),
    status,
    summary: text(json.status, LONGEST_NAME * 2) || status,
    reason: text(json.reason),
    error: text(head.error),
    scores: texts(json.scores),
    best: text(json.best),
    effort: texts(json.effort),
    setup: texts(json.setup),
    rows: list(json.rows).flatMap(row),
    bestRow: finite(json.best_row),
    bestMetric: text(json.best_metric, LONGEST_NAME),
    notes: list(json.messages).flatMap(note),
    chart: chart(json, head, status),
    folded: text(json.folded, LONGEST_NAME * 2)
  };
}

function chart(json: Fields, head: Fields, status: string): ChartData {
  const curves = isFields(json.curves) ? json.curves : {};
  const parent = bins(curves.parent);
  return {
    head: { status, step: finite(head.step) ?? 0, max_steps: finite(head.max_steps) ?? 0, epoch: num(head.epoch), loss: num(head.loss) },
    curves: { loss: curve(curves.loss), eval_loss: curve(curves.eval_loss) },
    behind: parent.length ? [behind(parent)] : [],
    marks: list(json.marks).flatMap(mark)
  };
}

function curve(value: unknown): Curve {
  return { version: 0, bins: Float32Array.from(bins(value).flat()) };
}

function behind(parent: number[][]): Behind {
  return { name: PARENT, points: Float32Array.from(parent.flatMap(([, last = 0, , , mean = 0]) => [last, mean])) };
}

/** Those bins of which all is known: "step value", or "first last low high mean". */
function bins(value: unknown): number[][] {
  const all = typeof value === 'string' && value ? value.slice(0, MOST_BINS * LONGEST_BIN).split(';') : [];
  return all
    .slice(0, MOST_BINS)
    .map(bin => bin.split(' ').map(Number))
    .map(bin => (bin.length === 2 ? [bin[0]!, bin[0]!, bin[1]!, bin[1]!, bin[1]!] : bin))
    .filter(bin => bin.length === FIELDS && bin.every(Number.isFinite));
}

function row(value: unknown): Row[] {
  const step = isFields(value) ? finite(value.step) : null;
  if (!isFields(value) || step === null) {
    return [];
  }
  const metrics = isFields(value.metrics) ? Object.entries(value.metrics).slice(0, MOST_METRICS) : [];
  return [
    {
      number: finite(value.number) ?? 0,
      step,
      epoch: num(value.epoch),
      seconds: finite(value.seconds),
      trainingLoss: num(value.training_loss),
      metrics: new Map(metrics.map(([name, metric]) => [text(name, LONGEST_NAME), num(metric)]))
    }
  ];
}

function note(value: unknown): Note[] {
  return isFields(value) ? [{ level: text(value.level, LONGEST_NAME), text: text(value.text) }] : [];
}

function mark(value: unknown): Mark[] {
  const step = isFields(value) ? finite(value.step) : null;
  return isFields(value) && step !== null ? [{ step, label: text(value.label, LONGEST_NAME) }] : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST_ITEMS) : [];
}

function texts(value: unknown): string[] {
  return list(value)
    .map(item => text(item))
    .filter(Boolean);
}

function text(value: unknown, most = LONGEST): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, most) : '';
}

function num(value: unknown): Num {
  return finite(value) ?? (typeof value === 'string' ? value.slice(0, LONGEST_NAME) : null);
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
