/** What the panel shows, without DOM: data of the kernel as a `Snapshot`, and the texts and numbers made from it. */

import type { Behind, Curve } from '../chart/curves.js';
import { FIELDS } from '../chart/curves.js';
import { formatColumn, formatCount } from '../common/format.js';
import type { Piece } from '../common/marked.js';
import { hasEnded } from '../common/statuses.js';
import type { Mark, Message, PanelHead, Row } from '../kernel/protocol.js';

const MAX_ROWS = 100;
const LABELS: Record<string, string> = { created: 'Preparing', running: 'Training', gone: 'Kernel lost' };

/** The head of a run; "gone" if its kernel went away while it trained. */
export type PanelState = Omit<PanelHead, 'status'> & { status: PanelHead['status'] | 'gone' };

export interface Snapshot {
  run: string;
  head: PanelState;
  curves: Record<string, Curve>;
  behind: Behind[];
  rows: Row[];
  messages: Message[];
  marks: Mark[];
  /** The first training example, in which what is learned is marked. */
  example: Piece[];
}

/** The synced trait. */
export interface Trait {
  run?: string;
  head?: Partial<PanelHead>;
  curves?: Record<string, { version: number; bins: DataView }>;
  behind?: { name: string; points: DataView }[];
  rows?: Row[];
  messages?: Message[];
  marks?: Mark[];
  example?: [string, string, boolean][];
}

/** What has changed; `curves` has a buffer each. */
export interface Delta {
  run: string;
  head?: PanelHead;
  curves: { name: string; version: number; from: number; count: number }[];
  rows: Row[];
  messages?: Message[];
  marks?: Mark[];
}

const EMPTY_HEAD: PanelState = {
  ...{ name: '', subject: [], status: 'created', phase: null, step: 0, max_steps: 0, epoch: null, epochs: null, loss: null },
  ...{ learning_rate: null, examples_per_second: null, seconds_left: null, time: 0, error: '', reason: '' },
  ...{ weight_decay: null, parts: 1, checkpoints: [], best_row: null, best_metric: '', title: '' },
  ...{ controls: false, can_branch: false }
};

/** Floats from binary data of the kernel, which may be unaligned. */
export function floats(view: DataView): Float32Array {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
}

export function readSnapshot(trait: Trait): Snapshot {
  const curves = Object.entries(trait.curves ?? {}).map(([name, { version, bins }]) => [
    name,
    { version, bins: floats(bins) }
  ]);
  return {
    run: trait.run ?? '',
    head: { ...EMPTY_HEAD, ...trait.head },
    curves: Object.fromEntries(curves) as Record<string, Curve>,
    behind: (trait.behind ?? []).map(({ name, points }) => ({ name, points: floats(points) })),
    rows: trait.rows ?? [],
    messages: trait.messages ?? [],
    marks: trait.marks ?? [],
    example: (trait.example ?? []).map(([text, label, wrong]) => ({ text, label, wrong }))
  };
}

/** The snapshot after a delta. A delta of a curve that does not fit is ignored; the next snapshot has its data. */
export function applyDelta(snapshot: Snapshot, delta: Delta, buffers: readonly DataView[]): Snapshot {
  const before = snapshot.run === delta.run ? snapshot : { ...readSnapshot({}), run: delta.run };
  const curves = { ...before.curves };
  delta.curves.forEach(({ name, version, from }, index) => {
    const known = curves[name];
    const kept = known?.bins ?? new Float32Array();
    const buffer = buffers[index];
    if (buffer && (from === 0 || (known?.version === version && from * FIELDS <= kept.length))) {
      curves[name] = { version, bins: joined(kept.subarray(0, from * FIELDS), floats(buffer)) };
    }
  });
  return {
    ...before,
    head: { ...EMPTY_HEAD, ...(delta.head ?? before.head) },
    curves,
    rows: withRows(before.rows, delta.rows),
    messages: delta.messages ?? before.messages,
    marks: delta.marks ?? before.marks
  };
}

/** The snapshot of a new trait. Unchanged parts stay the same objects, so that they are not drawn again. */
export function renew(before: Snapshot, next: Snapshot): Snapshot {
  if (before.run !== next.run) {
    return next;
  }
  const same = JSON.stringify(before.messages) === JSON.stringify(next.messages);
  return { ...next, rows: withRows(before.rows, next.rows), messages: same ? before.messages : next.messages };
}

/** The rows of both, in order; `rows` itself if `more` has no new ones. */
function withRows(rows: Row[], more: readonly Row[]): Row[] {
  const known = new Set(rows.map(row => row.number));
  const added = more.filter(row => !known.has(row.number));
  return added.length ? [...rows, ...added].sort((a, b) => a.number - b.number).slice(-MAX_ROWS) : rows;
}

function joined(start: Float32Array, end: Float32Array): Float32Array {
  const all = new Float32Array(start.length + end.length);
  all.set(start);
  all.set(end, start.length);
  return all;
}

export interface Line {
  row: Row;
  cells: string[];
  isBest: boolean;
}

/** Names of the metrics, and a line per evaluation; the kernel decides which one is best. */
export function tableOf({ rows, head }: Pick<Snapshot, 'rows' | 'head'>): { names: string[]; lines: Line[] } {
  const names = [...new Set(rows.flatMap(row => Object.keys(row.metrics)))];
  const columns = names.map(name => formatColumn(rows.map(row => row.metrics[name])));
  const lines = rows.map((row, index) => ({
    row,
    cells: columns.map(cells => cells[index]!),
    isBest: row.number === head.best_row
  }));
  return { names, lines };
}

/** The snapshot after the kernel went away: a run that had not ended is marked. */
export function withoutKernel(snapshot: Snapshot): Snapshot {
  const { head } = snapshot;
  return hasEnded(head.status)
    ? snapshot
    : { ...snapshot, head: { ...head, status: 'gone', phase: null, reason: '', seconds_left: null } };
}

/** Values of the progress bar and the line above it. */
export interface Progress {
  label: string;
  detail: string;
  /** Of the steps; of the current work before the first one; null if it is unknown. */
  fraction: number | null;
  /** Of the current work; null without any, or if its length is unknown. */
  work: number | null;
  training: boolean;
}

export function progress({ status, phase, step, max_steps: total }: PanelState): Progress {
  const work = phase && phase.total ? Math.min(1, phase.done / phase.total) : null;
  const counted = phase?.total ? ` ${formatCount(phase.done)} / ${formatCount(phase.total)}` : '';
  const isPreparing = status === 'running' && !total;
  const isOver = hasEnded(status) || status === 'gone';
  const name = phase ? phase.name.charAt(0).toUpperCase() + phase.name.slice(1) : '';
  const first = status === 'running' && total && !step && !phase ? 'First step ...' : '';
  return {
    label: isPreparing ? LABELS['created']! : (LABELS[status] ?? status.charAt(0).toUpperCase() + status.slice(1)),
    detail: phase ? name + (counted || ' ...') : first,
    fraction: total ? Math.min(1, step / total) : (work ?? (isOver ? 0 : null)),
    work,
    training: total > 0
  };
}

/** Whether time passes for a run. */
export const isTicking = ({ status }: PanelState): boolean => !hasEnded(status) && status !== 'gone';

const GONE =
  'The kernel was restarted or has died; this is the last state that it sent. To train again, run the cell again.';

/** What can be done after the kernel went away. A watched Trainer, which has no subject, is resumed by its own means. */
export function goneText({ run, head }: Pick<Snapshot, 'run' | 'head'>): string {
  const step = head.checkpoints.at(-1);
  const resume = ` To continue from step ${formatCount(step)}, run a cell with %%finetune --resume ${run}`;
  return step !== undefined && head.subject.length ? `${GONE}${resume}` : GONE;
}
