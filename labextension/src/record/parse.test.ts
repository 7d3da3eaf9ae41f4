import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RecordError, parseRecord } from './parse.js';


const RECORD = {
  version: 1,
  run: 'a',
  config: 'model = "demo"',
  head: { status: 'stopped', step: 9, max_steps: 20, epoch: 0.9, loss: 'nan', error: '' },
  status: 'Stopped at step 9 of 20',
  scores: ['f1 0.8'],
  rows: [{ number: 1, step: 5, epoch: 0.5, training_loss: 'nan', seconds: 3, metrics: { loss: 0.5, f1: 0.8 } }],
  messages: [{ level: 'warning', text: 'look' }],
  marks: [{ step: 3, label: 'lr 1e-5' }],
  curves: { loss: '1 0.75;2 4 0.25 0.75 0.5', eval_loss: '2 0.25', parent: '1 2;4 1' }
};

test('a record is parsed', () => {
  const run = parseRecord(RECORD);
  assert.equal(run.summary, 'Stopped at step 9 of 20');
  assert.deepEqual(run.chart.head, { status: 'stopped', step: 9, max_steps: 20, epoch: 0.9, loss: 'nan' });
  assert.deepEqual([...run.chart.curves['loss']!.bins], [1, 1, 0.75, 0.75, 0.75, 2, 4, 0.25, 0.75, 0.5]);
  assert.deepEqual(run.chart.behind.map(one => [...one.points]), [[1, 2, 4, 1]]);
  assert.deepEqual(run.chart.marks, RECORD.marks);
  assert.equal(run.rows[0]!.trainingLoss, 'nan');
  assert.deepEqual([...run.rows[0]!.metrics], [['loss', 0.5], ['f1', 0.8]]);
});

test('other data is rejected with a message', () => {
  for (const broken of [null, undefined, 3, 'x', [], {}, { version: 1 }, { version: 1, head: [] }]) {
    assert.throws(() => parseRecord(broken), RecordError);
  }
  assert.throws(() => parseRecord({ ...RECORD, version: 2 }), /version 2\b.* version 1\b/);
});

test('invalid parts are left out', () => {
  const run = parseRecord({
    ...RECORD,
    status: { toString: 'x' },
    scores: [null, {}, 'f1 0.8'],
    rows: [null, 5, { step: 'x' }, { step: 4, metrics: [1] }],
    messages: 'none',
    marks: [{}, { step: Infinity }, { step: 1 }],
    curves: { loss: '1 nan;1 2 3;x;;1 1 inf 2 2;3 0.5', eval_loss: {}, parent: 7 }
  });
  assert.equal(run.summary, 'stopped');
  assert.deepEqual(run.scores, ['f1 0.8']);
  assert.deepEqual(run.rows.map(row => [row.step, row.metrics.size]), [[4, 0]]);
  assert.deepEqual(run.notes, []);
  assert.deepEqual(run.chart.marks, [{ step: 1, label: '' }]);
  assert.deepEqual([...run.chart.curves['loss']!.bins], [3, 3, 0.5, 0.5, 0.5]);
  assert.equal(run.chart.curves['eval_loss']!.bins.length, 0);
  assert.deepEqual(run.chart.behind, []);
});

test('lengths are limited', () => {
  const run = parseRecord({
    ...RECORD,
    config: 'x'.repeat(1e6),
    rows: Array.from({ length: 5000 }, (_, index) => ({ number: index, step: index, metrics: {} })),
    curves: { loss: Array.from({ length: 1e5 }, (_, index) => `${index} 1`).join(';') }
  });
  assert.ok(run.config.length <= 20_000);
  assert.ok(run.rows.length <= 200);
  assert.ok(run.chart.curves['loss']!.bins.length <= 10_000);
});
