import assert from 'node:assert/strict';
import { test } from 'node:test';

import { head, summary } from '../kernel/sample.js';
import { trans } from './untranslated.js';
import {
  epochOf,
  metricsOf,
  nameOf,
  progressText,
  resultOf,
  fractionDone,
  stateWord,
  statusLine,
  waitsFor
} from './words.js';

test('the status bar shows the progress of a run', () => {
  assert.equal(statusLine([summary()], trans), 'run: step 120/459, training loss 0.41, 2:13 left');
  assert.equal(
    statusLine([summary({ status: 'paused', seconds_left: 133 })], trans),
    'run: step 120/459, paused, training loss 0.41'
  );
  const evaluating = { phase: { name: 'evaluate', done: 3, total: 51, waits_for: '' } };
  assert.match(statusLine([summary(evaluating)], trans), /^run: step 120\/459, evaluate 3 \/ 51, training loss/);
  assert.match(statusLine([summary({ loss: 'nan' })], trans), /loss nan/);
  assert.match(statusLine([summary({ loss: 0.00004 })], trans), /loss 4e-5/);
});

test('the status bar shows the newest active run', () => {
  const ended = summary({ status: 'finished' });
  assert.equal(statusLine([ended], trans), '');
  assert.equal(statusLine([], trans), '');
  const early = summary({ status: 'created', max_steps: 0, loss: null, seconds_left: null });
  assert.equal(statusLine([ended, early], trans), 'run: preparing');
  assert.equal(statusLine([early, ended, summary()], trans), 'run: preparing (and 1 more)');
});

test('a run that waits is marked, and the status bar shows the other one', () => {
  const phase = { name: 'wait', done: 0, total: 0, waits_for: '20260101-115900-abcd' };
  const waiting = { status: 'created', phase, max_steps: 0, loss: null } as const;
  assert.equal(waitsFor(head(waiting)), '20260101-115900-abcd');
  assert.equal(waitsFor(head({ phase: { name: 'tokenize', done: 0, total: 0, waits_for: '' } })), '');
  assert.equal(stateWord(head(waiting), 'created', trans), 'Waiting');
  assert.match(statusLine([summary(waiting), summary()], trans), /^run: step 120.* \(and 1 more\)$/);
  assert.equal(statusLine([summary(waiting)], trans), 'run: waiting');
});

test('a run without a variable is named by its two words', () => {
  assert.equal(nameOf(summary()), 'run');
  assert.equal(nameOf(summary({ name: 'quiet-otter' }, { name: '' })), 'quiet-otter');
  assert.equal(nameOf(summary({}, { name: '' })), 'run (quiet-otter)');
  assert.equal(nameOf(summary({ name: '' }, { name: '', run: 'mine' })), 'mine');
  assert.match(statusLine([summary({ name: 'quiet-otter' }, { name: '' })], trans), /^quiet-otter: step/);
});

test('progress of a run', () => {
  assert.equal(fractionDone(head({ step: 459 })), 1);
  assert.equal(fractionDone(head({ max_steps: 0 })), null);
  const loading = head({ max_steps: 0, phase: { name: 'tokenize', done: 1000, total: 4000, waits_for: '' } });
  assert.equal(fractionDone(loading), 0.25);
  assert.equal(progressText(loading), 'tokenize 1,000 / 4,000');
  assert.equal(progressText(head({ step: 1200, max_steps: 8000 })), '1,200 / 8,000');
  assert.equal(progressText(head({ max_steps: 0 })), '');
  assert.equal(epochOf(head()), '0.78 / 3');
  assert.equal(epochOf(head({ epochs: null })), '0.78');
  assert.equal(epochOf(head({ epoch: null })), '');
});

test('a run without steps is being prepared', () => {
  assert.equal(stateWord(head({ max_steps: 0 }), 'running', trans), 'Preparing');
  assert.equal(stateWord(head(), 'running', trans), 'Training');
  assert.equal(stateWord(head(), 'lost', trans), 'Kernel lost');
});

test('the loss is the last of the metrics', () => {
  const run = summary({}, { metrics: { loss: 0.5, accuracy: 0.8113, f1: 'nan' } });
  assert.deepEqual(metricsOf(run), [
    ['accuracy', '0.8113'],
    ['f1', 'nan'],
    ['validation loss', '0.5000']
  ]);
  assert.equal(resultOf(run), 'accuracy 0.8113, f1 nan, validation loss 0.5000');
});
