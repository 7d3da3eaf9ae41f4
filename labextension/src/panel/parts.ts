/** Builds the DOM of the panel. */

import { buildFigure } from '../chart/figure.js';
import { make } from '../common/dom.js';
import { MISSING } from '../common/format.js';
import { COLORS } from '../common/statuses.js';
import type { Send } from './controls.js';
import { buildControls } from './controls.js';

/** The numbers with their tooltips. */
const STATS: readonly [string, string][] = [
  ['Step', 'Optimizer steps done, of all'],
  ['Epoch', 'Passes over the training data done, of all'],
  ['Training loss, last step', 'Mean over the examples of the last step'],
  ['Learning rate', 'Of the last step'],
  ['Examples/s', 'Training examples per second; evaluations and saving do not count'],
  ['Elapsed', 'Since the run was started, pauses included'],
  ['Remaining', 'Estimate from the time of recent steps, evaluations and checkpoints; pauses do not count']
];

export type Parts = ReturnType<typeof build>;

/** All parts of the panel, without content. */
export function build(send: Send, fileName: () => string) {
  const stats = STATS.map(([name, title]) => ({
    pair: make('div', { title }, make('dt', {}, name)),
    value: make('dd', {}, MISSING)
  }));
  for (const { pair, value } of stats) {
    pair.append(value);
  }
  const fill = make('div', { class: 'nbt-fill' });
  const work = make('div', { class: 'nbt-work' });
  const bar = make(
    'div',
    { class: 'nbt-bar', role: 'progressbar', 'aria-label': 'Training progress', 'aria-valuemin': '0' },
    ...[fill, work]
  );
  const table = make('table', {}, make('caption', {}, 'Evaluations'));
  const scroll = make(
    'div',
    { class: 'nbt-scroll', role: 'region', 'aria-label': 'Evaluations', tabindex: '0' },
    table
  );
  const best = make('p', { class: 'nbt-key' });
  const example = make(
    'details',
    { class: 'nbt-example' },
    make('summary', {}, 'First training example; what is marked is learned')
  );
  const parts = {
    label: make('span', { class: 'nbt-label', title: COLORS }),
    title: make('span', { class: 'nbt-title' }),
    detail: make('span', { class: 'nbt-detail' }),
    percent: make('span', { class: 'nbt-percent' }),
    values: stats.map(({ value }) => value),
    reason: make('p', { class: 'nbt-reason', role: 'alert' }),
    controls: buildControls(send),
    figure: buildFigure({ empty: 'The curves appear after the first step.', fileName }),
    messages: make('div', { class: 'nbt-messages', role: 'log', 'aria-label': 'Messages' }),
    hint: make('p', { class: 'nbt-hint' }),
    status: make('p', { class: 'nbt-status', role: 'status' }),
    ...{ bar, fill, work, table, scroll, best, example }
  };
  const evaluations = make('div', { class: 'nbt-evaluations' }, scroll, best);
  const root = make(
    'div',
    { class: 'nbtrain-panel nbt-look', role: 'group', 'aria-label': 'Training run' },
    make(
      'div',
      { class: 'nbt-inner' },
      make('div', { class: 'nbt-top' }, parts.label, parts.title, parts.detail, parts.percent),
      ...[parts.status, bar, make('dl', {}, ...stats.map(({ pair }) => pair)), parts.reason, parts.controls.root],
      ...[parts.figure.root, evaluations, example, parts.messages, parts.hint]
    )
  );
  return { ...parts, root, evaluations };
}
