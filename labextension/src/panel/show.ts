/** Shows a snapshot in the DOM of the panel. */

import { OWN_KEYS, make, mark, say, withCode } from '../common/dom.js';
import {
  MISSING,
  formatCount,
  formatDuration,
  formatEpoch,
  formatEpochs,
  formatHyperparameter,
  formatNumber,
  formatRate,
  formatShort,
  metricTitle
} from '../common/format.js';
import { markedLine } from '../common/marked.js';
import { hasEnded } from '../common/statuses.js';
import type { Message } from '../kernel/protocol.js';
import type { Parts } from './parts.js';
import type { PanelState, Snapshot } from './values.js';
import { isTicking, progress, tableOf } from './values.js';

/**
 * The line above the bar, the bar and the numbers.
 * @param since seconds since the snapshot was received
 */
export function showHead(parts: Parts, { head, run }: Snapshot, since: number): void {
  const { label, detail, fraction, work, training } = progress(head);
  parts.root.dataset['status'] = head.status;
  parts.root.classList.toggle('nbt-busy', fraction === null || Boolean(head.phase && work === null));
  const name = head.title || run;
  mark(parts.root, 'aria-label', ['Training run', name].filter(Boolean).join(': '));
  say(parts.label, label);
  say(parts.title, head.title);
  parts.title.title = run;
  say(parts.detail, detail);
  say(parts.status, [name, label, head.phase?.name].filter(Boolean).join(', '));
  say(parts.reason, head.status === 'paused' ? head.reason : '');
  say(parts.percent, fraction === null ? '' : `${Math.floor(fraction * 100)} %`);
  parts.fill.style.width = `${(fraction ?? 0) * 100}%`;
  parts.work.style.width = training && work !== null ? `${work * 100}%` : '0';
  const now = training ? head.step : fraction === null ? null : Math.floor(fraction * 100);
  mark(parts.bar, 'aria-valuemax', String(training ? head.max_steps : 100));
  mark(parts.bar, 'aria-valuenow', now === null ? null : String(now)); // none: its length is unknown
  const position = training ? `step ${head.step} of ${head.max_steps}` : '';
  mark(parts.bar, 'aria-valuetext', [label, position, detail].filter(Boolean).join(', '));
  statsOf(head, since, training).forEach((text, index) => say(parts.values[index]!, text));
}

function statsOf(head: PanelState, since: number, training: boolean): string[] {
  const left =
    typeof head.seconds_left === 'number' ? head.seconds_left - (head.status === 'running' ? since : 0) : null;
  const elapsed = (typeof head.time === 'number' ? head.time : 0) + (isTicking(head) ? since : 0);
  return [
    training ? `${formatCount(head.step)} / ${formatCount(head.max_steps)}` : MISSING,
    training ? formatEpoch(head.epoch) + (head.epochs ? ` / ${formatShort(Number(head.epochs))}` : '') : MISSING,
    formatNumber(head.loss),
    formatHyperparameter(head.learning_rate),
    formatRate(head.examples_per_second),
    formatDuration(elapsed),
    hasEnded(head.status) ? MISSING : formatDuration(left)
  ];
}

export function showTable(parts: Parts, snapshot: Snapshot): void {
  const { head, rows } = snapshot;
  const { names, baselines, lines } = tableOf(snapshot);
  const { scroll, table } = parts;
  parts.evaluations.hidden = lines.length === 0;
  const branches = Boolean(branchSteps(head));
  const titles = ['step', 'epoch', ...names.map(metricTitle), ...(branches ? [''] : [])];
  const heads = titles.map(name => (name ? make('th', { scope: 'col' }, name) : make('td', {})));
  const epochs = formatEpochs(rows.map(({ epoch }) => epoch));
  const body = lines.map(({ row, cells, isBest }, index) =>
    make(
      'tr',
      isBest ? { class: 'nbt-best' } : {},
      make('th', { scope: 'row' }, formatCount(row.step)),
      ...[epochs[index]!, ...cells].map(cell => make('td', {}, cell)),
      ...(branches ? [make('td', {}, ...branchButton(head, row.step))] : [])
    )
  );
  const first = baselines.map(({ title, cells }) =>
    make(
      'tr',
      { class: 'nbt-baseline' },
      make('th', { scope: 'row', colspan: '2' }, title),
      ...[...cells, ...(branches ? [''] : [])].map(cell => make('td', {}, cell))
    )
  );
  const atEnd = scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 4;
  table.replaceChildren(table.caption!, make('thead', {}, make('tr', {}, ...heads)), make('tbody', {}, ...first, ...body));
  if (atEnd) {
    scroll.scrollTop = scroll.scrollHeight;
  }
  const isMarked = lines.some(({ isBest }) => isBest);
  say(parts.best, isMarked ? `Bold: best ${head.best_metric ? metricTitle(head.best_metric) : 'evaluation'}` : '');
}

/** The steps from which the run can branch, as a string. */
export const branchSteps = (head: PanelState): string =>
  head.can_branch && isTicking(head) ? String(head.checkpoints) : '';

/** The button of a step that has a checkpoint. */
function branchButton(head: PanelState, step = 0): HTMLElement[] {
  if (!branchSteps(head) || !head.checkpoints.includes(step)) {
    return [];
  }
  const title = 'Stop this run and start a new one from this checkpoint';
  const attributes = { type: 'button', class: 'nbt-branch', title, 'data-branch': String(step), ...OWN_KEYS };
  return [make('button', attributes, 'Branch from here')];
}

export function showMessages(parts: Parts, { messages, head }: Snapshot): void {
  const failed = head.error ? [{ level: 'error', text: head.error, step: 0, branch: 0 }] : [];
  const items = [...messages, ...failed].map(({ level, text, step, branch }: Message) => {
    const name = level === 'note' ? [] : [make('b', {}, level === 'error' ? 'Error:' : 'Warning:'), ' '];
    return make('p', { class: `nbt-${level}` }, ...name, ...withCode(step ? `step ${formatCount(step)}: ${text}` : text), ...branchButton(head, branch));
  });
  parts.messages.replaceChildren(...items);
}

export function showExample(parts: Parts, { example }: Snapshot): void {
  parts.example.hidden = example.length === 0;
  parts.example.replaceChildren(parts.example.firstElementChild!, markedLine(example));
}
