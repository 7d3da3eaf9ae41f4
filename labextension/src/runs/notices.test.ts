import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Head, RunSummary } from '../kernel/protocol';
import { summary } from '../kernel/sample.js';
import type { State } from '../common/statuses.js';
import { noticeOf, placedName } from './notices.js';
import { trans } from './untranslated.js';

const tell = (
  before: RunSummary | null,
  more: Partial<Head>,
  {
    state,
    stopped = false,
    metrics = {}
  }: { state?: State; stopped?: boolean; metrics?: object } = {}
) => {
  const after = summary(more, { metrics: metrics as RunSummary['metrics'] });
  return noticeOf(before, after, state ?? after.head.status, 'run', stopped, trans);
};

test('the end of a run, with its result', () => {
  const notice = tell(
    summary(),
    { status: 'finished', time: 185 },
    { metrics: { accuracy: 0.81 } }
  );
  assert.equal(notice?.kind, 'success');
  assert.match(notice?.text ?? '', /^run .*3:05.*accuracy 0\.8100/);
});

test('a failure, with its reason', () => {
  const notice = tell(summary(), { status: 'failed', error: 'ValueError: no' });
  assert.equal(notice?.kind, 'error');
  assert.match(notice?.text ?? '', /^run .*ValueError: no$/);
});

test('a pause that the run itself caused', () => {
  assert.equal(tell(summary(), { status: 'paused' }), null);
  const reason = 'The loss of a batch of step 3 is nan.';
  assert.equal(tell(summary(), { status: 'paused', reason })?.kind, 'warning');
  assert.equal(tell(summary({ status: 'paused', reason }), { status: 'paused', reason }), null);
});

test('no notification of what the user did', () => {
  assert.equal(tell(summary(), { status: 'stopped' }), null);
  assert.equal(tell(summary(), { status: 'interrupted' }), null);
  assert.equal(tell(summary(), { status: 'failed', error: 'x' }, { stopped: true }), null);
});

test('a run that stopped because its loss is not finite', () => {
  assert.equal(tell(summary(), { status: 'stopped', loss: 'nan' })?.kind, 'warning');
  assert.equal(tell(summary({ status: 'paused' }), { status: 'stopped', loss: 'nan' }), null);
});

test('no notification of what had ended before this page was loaded', () => {
  assert.equal(tell(null, { status: 'finished' }), null);
  assert.equal(tell(summary({ status: 'finished' }), { status: 'finished' }), null);
  assert.equal(tell(summary(), {}), null);
});

test('a kernel that died, with how to resume', () => {
  const notice = tell(summary(), {}, { state: 'lost' });
  assert.equal(notice?.kind, 'error');
  assert.match(notice?.text ?? '', /^run .*%finetune --resume 20260101-120000-abcd /);
});

test('a run is named by its variable and its notebook, never by its ID', () => {
  assert.equal(placedName(summary(), 'a.ipynb'), 'run (a.ipynb)');
  assert.equal(placedName(summary({ name: 'quiet-otter' }, { name: '' }), 'a.ipynb'), 'quiet-otter (a.ipynb)');
  assert.equal(placedName(summary({ name: 'quiet-otter' }, { name: '' }), ''), 'quiet-otter');
});
