/** Formats the state of a run as text. */

import { formatCount, formatDuration, formatEpoch, formatNumber, formatShort, metricTitle } from '../common/format.js';
import type { Head, Num, RunSummary } from '../kernel/protocol';
import type { State } from '../common/statuses.js';
import { isActive } from '../common/statuses.js';

/** The part of a translation bundle that is used. */
export interface Translation {
  __(text: string, ...values: (string | number)[]): string;
}

/** ID of the run that a run waits for, or "". */
export function waitsFor({ phase }: Head): string {
  return phase?.waits_for ?? '';
}

/** The name of a run: its variable, or else the two words that always mean it, with the name that it had. */
export function nameOf({ name, head, run }: RunSummary): string {
  return name || head.name || run;
}

export function stateWord(head: Head, state: State, trans: Translation): string {
  switch (state) {
    case 'created':
      return waitsFor(head) ? trans.__('Waiting') : trans.__('Preparing');
    case 'running':
      return head.max_steps ? trans.__('Training') : trans.__('Preparing');
    case 'paused':
      return trans.__('Paused');
    case 'finished':
      return trans.__('Finished');
    case 'stopped':
      return trans.__('Stopped');
    case 'interrupted':
      return trans.__('Interrupted');
    case 'failed':
      return trans.__('Failed');
    case 'lost':
      return trans.__('Kernel lost');
  }
}

/** The fraction that is done, from 0 to 1; null if the total is unknown. */
export function fractionDone(head: Head): number | null {
  if (head.max_steps) {
    return Math.min(1, head.step / head.max_steps);
  }
  return head.phase?.total ? Math.min(1, head.phase.done / head.phase.total) : null;
}

/** "120 / 459", or "tokenize 1,000 / 4,000". */
export function progressText(head: Head): string {
  const { phase } = head;
  if (phase) {
    const counted = phase.total ? ` ${formatCount(phase.done)} / ${formatCount(phase.total)}` : '';
    return phase.name + counted;
  }
  return head.max_steps ? `${formatCount(head.step)} / ${formatCount(head.max_steps)}` : '';
}

/** "0.78 / 3" */
export function epochOf({ epoch, epochs }: Head): string {
  if (typeof epoch !== 'number') {
    return '';
  }
  const all = typeof epochs === 'number' && epochs ? ` / ${formatShort(epochs)}` : '';
  return formatEpoch(epoch) + all;
}

/**
 * The text of the status bar: "run: step 120/459, training loss 0.41, 2:13 left". With several runs it describes
 * the newest one that does not wait for another.
 */
export function statusLine(newestFirst: readonly RunSummary[], trans: Translation): string {
  const on = newestFirst.filter(isActive);
  const run = on.find(one => !waitsFor(one.head)) ?? on[0];
  if (!run) {
    return '';
  }
  const { head } = run;
  const parts: string[] = [];
  if (head.max_steps) {
    parts.push(trans.__('step %1/%2', formatCount(head.step), formatCount(head.max_steps)));
  }
  if (head.status === 'paused') {
    parts.push(trans.__('paused'));
  } else if (waitsFor(head)) {
    parts.push(trans.__('waiting'));
  } else if (head.phase) {
    parts.push(progressText(head));
  }
  if (head.loss !== null) {
    parts.push(trans.__('training loss %1', short(head.loss)));
  }
  if (head.status === 'running' && typeof head.seconds_left === 'number') {
    parts.push(trans.__('%1 left', formatDuration(head.seconds_left)));
  }
  const text = `${nameOf(run)}: ${parts.join(', ') || trans.__('preparing')}`;
  return on.length > 1 ? trans.__('%1 (and %2 more)', text, on.length - 1) : text;
}

/** The newest metrics in one line: "accuracy 0.8113, f1 0.8652". */
export function resultOf(run: RunSummary): string {
  return metricsOf(run)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** The metrics of the newest evaluation, the loss last. */
export function metricsOf(run: RunSummary): [string, string][] {
  const names = Object.keys(run.metrics);
  const isLoss = (name: string): number => Number(name === 'loss');
  return names
    .sort((one, other) => isLoss(one) - isLoss(other))
    .map(name => [metricTitle(name), formatNumber(run.metrics[name])]);
}

function short(value: Num): string {
  return typeof value === 'number' && Math.abs(value) >= 0.01 && Math.abs(value) < 1e5
    ? formatNumber(value, 2)
    : formatNumber(value);
}
