/** Runs for tests. */

import type { Head, RunSummary } from './protocol';

export const head = (more: Partial<Head> = {}): Head => ({
  name: 'run (quiet-otter)',
  subject: ['demo', 'demo'],
  status: 'running',
  phase: null,
  step: 120,
  max_steps: 459,
  epoch: 0.784,
  epochs: 3,
  loss: 0.4123,
  learning_rate: 5e-5,
  examples_per_second: 30,
  seconds_left: 133,
  time: 60,
  error: '',
  reason: '',
  ...more
});

export const summary = (more: Partial<Head> = {}, rest: Partial<RunSummary> = {}): RunSummary => ({
  run: '20260101-120000-abcd',
  name: 'run',
  cell: 'c1',
  request: 'r1',
  page: 'p1',
  printed: 0,
  blocking: true,
  controls: true,
  head: head(more),
  spark: [],
  metrics: {},
  ...rest
});
