/**
 * Parses a record from a notebook. The data is not trusted: invalid parts are left out, and everything is limited to a
 * length that can be shown.
 */

import type { Behind, ChartData, Curve } from '../chart/curves.js';
import { METRIC } from '../chart/series.js';
import type { Piece } from '../common/marked.js';
import type { Mark, Num } from '../kernel/protocol.js';

export const MIME_TYPE = 'application/vnd.nbtrain.run.v1+json';

const VERSION = 1;
const FIELDS = 5;
const MAX_BINS = 2000;
const MAX_BIN_LENGTH = 100;
const MAX_SETS = 4;
const MAX_CURVES = 6;
const EXTRA = ['learning_rate', 'grad_norm', 'examples_per_second', 'memory', 'device_memory', 'time'];
const MAX_ITEMS = 200;
const MAX_METRICS = 100;
const MAX_LENGTH = 20_000;
const MAX_NAME_LENGTH = 60;
const PARENT = 'the earlier run';

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

/** What a simple answer reaches. */
export interface SavedBaseline {
  title: string;
  metrics: ReadonlyMap<string, Num>;
}

export interface Note {
  level: string;
  text: string;
}

/** Lines of text under a title. */
export interface Text {
  title: string;
  lines: Piece[][];
}

export interface SavedRun {
  run: string;
  directory: string;
  config: string;
  /** "finished", "failed", ...; `summary` is the text for it. */
  status: string;
  summary: string;
  reason: string;
  error: string;
  scores: string[];
  best: string;
  /** What simple answers reach, in a sentence, or "". */
  compared: string;
  /** The rows of simple answers, before those of the evaluations. */
  baselines: SavedBaseline[];
  effort: string[];
  setup: string[];
  rows: Row[];
  bestRow: number | null;
  /** The main metric, by which the best evaluation was chosen, or "". */
  bestMetric: string;
  texts: Text[];
  notes: Note[];
  chart: ChartData;
  /** Title of the collapsed record while the run continues, or "". */
  folded: string;
}

/** Why a record cannot be shown. */
export class RecordError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/** @throws RecordError if the data is not a record, or has another version. */
export function parseRecord(json: unknown): SavedRun {
  if (!isFields(json) || !isFields(json.head)) {
    throw new RecordError('The data is not the record of a run.');
  }
  if (json.version !== VERSION) {
    throw new RecordError(`It has version ${text(json.version, 20) || 'none'}, and this extension reads version ${VERSION}.`);
  }
  const head = json.head;
  const status = text(head.status, MAX_NAME_LENGTH);
  return {
    run: text(json.run, MAX_NAME_LENGTH),
    directory: text(json.directory),
    config: text(json.config),
    status,
    summary: text(json.status, MAX_NAME_LENGTH * 2) || status,
    reason: text(json.reason),
    error: text(head.error),
    scores: texts(json.scores),
    best: text(json.best),
    compared: text(json.compared),
    baselines: list(json.baselines).flatMap(baseline),
    effort: texts(json.effort),
    setup: texts(json.setup),
    rows: list(json.rows).flatMap(row),
    bestRow: finite(json.best_row),
    bestMetric: text(json.best_metric, MAX_NAME_LENGTH),
    texts: list(json.texts).flatMap(markedText),
    notes: list(json.messages).flatMap(note),
    chart: chart(json, head, status),
    folded: text(json.folded, MAX_NAME_LENGTH * 2)
  };
}

function chart(json: Fields, head: Fields, status: string): ChartData {
  const curves = isFields(json.curves) ? json.curves : {};
  const parent = bins(curves.parent);
  const sets = Object.keys(curves).filter(name => /^eval_.*loss$/.test(name));
  const validation = sets.length ? sets.slice(0, MAX_SETS) : ['eval_loss'];
  const metrics = Object.keys(curves).filter(name => name.startsWith(METRIC)).slice(0, MAX_CURVES);
  const extra = [...EXTRA, ...metrics].filter(name => name in curves);
  return {
    head: { status, step: finite(head.step) ?? 0, max_steps: finite(head.max_steps) ?? 0, epoch: num(head.epoch), loss: num(head.loss) },
    curves: Object.fromEntries(
      ['loss', ...validation, ...extra].map((name): [string, Curve] => [name, curve(curves[name])])
    ),
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

/** The complete bins: "step value", or "first last low high mean". */
function bins(value: unknown): number[][] {
  const all = typeof value === 'string' && value ? value.slice(0, MAX_BINS * MAX_BIN_LENGTH).split(';') : [];
  return all
    .slice(0, MAX_BINS)
    .map(bin => bin.split(' ').map(Number))
    .map(bin => (bin.length === 2 ? [bin[0]!, bin[0]!, bin[1]!, bin[1]!, bin[1]!] : bin))
    .filter(bin => bin.length === FIELDS && bin.every(Number.isFinite));
}

function row(value: unknown): Row[] {
  const step = isFields(value) ? finite(value.step) : null;
  if (!isFields(value) || step === null) {
    return [];
  }
  return [
    {
      number: finite(value.number) ?? 0,
      step,
      epoch: num(value.epoch),
      seconds: finite(value.seconds),
      trainingLoss: num(value.training_loss),
      metrics: metricsOf(value)
    }
  ];
}

function baseline(value: unknown): SavedBaseline[] {
  return isFields(value) ? [{ title: text(value.title, MAX_NAME_LENGTH), metrics: metricsOf(value) }] : [];
}

function metricsOf(value: Fields): ReadonlyMap<string, Num> {
  const metrics = isFields(value.metrics) ? Object.entries(value.metrics).slice(0, MAX_METRICS) : [];
  return new Map(metrics.map(([name, metric]) => [text(name, MAX_NAME_LENGTH), num(metric)]));
}

function note(value: unknown): Note[] {
  return isFields(value) ? [{ level: text(value.level, MAX_NAME_LENGTH), text: text(value.text) }] : [];
}

function markedText(value: unknown): Text[] {
  return isFields(value) ? [{ title: text(value.title), lines: list(value.lines).map(line => list(line).map(piece)) }] : [];
}

function piece(value: unknown): Piece {
  const [shown, label, wrong] = list(value);
  return { text: text(shown), label: text(label, MAX_NAME_LENGTH), wrong: wrong === true };
}

function mark(value: unknown): Mark[] {
  const step = isFields(value) ? finite(value.step) : null;
  return isFields(value) && step !== null ? [{ step, label: text(value.label, MAX_NAME_LENGTH) }] : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS) : [];
}

function texts(value: unknown): string[] {
  return list(value)
    .map(item => text(item))
    .filter(Boolean);
}

function text(value: unknown, maxLength = MAX_LENGTH): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, maxLength) : '';
}

function num(value: unknown): Num {
  return finite(value) ?? (typeof value === 'string' ? value.slice(0, MAX_NAME_LENGTH) : null);
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
