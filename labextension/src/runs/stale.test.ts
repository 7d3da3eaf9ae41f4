import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isLeftover, fallbackOf, saysEnded, staleOutputs } from './stale.js';

const WIDGET = { 'application/vnd.jupyter.widget-view+json': { model_id: 'm' }, 'text/plain': 'P' };
const output = (run: string, part: string, data: object) => ({
  data,
  metadata: { nbtrain: { run, part } }
});
const over = () => 'over' as const;

test('the live panel of a run that has ended is emptied, its record updated', () => {
  const outputs = [
    { name: 'stdout', text: 'hello' },
    output('a', 'panel', WIDGET),
    output('a', 'record', { 'text/html': 'so far' })
  ];
  assert.deepEqual(staleOutputs(outputs, over), [
    { run: 'a', index: 1, becomes: 'nothing', isPanel: true },
    { run: 'a', index: 2, becomes: 'record', isPanel: false }
  ]);
});

test('without a record so far, it replaces the panel', () => {
  assert.deepEqual(staleOutputs([output('a', 'panel', WIDGET)], over), [
    { run: 'a', index: 0, becomes: 'record', isPanel: true }
  ]);
});

test('two panels of one run become one record', () => {
  const outputs = [output('a', 'panel', WIDGET), output('a', 'panel', WIDGET)];
  assert.deepEqual(
    staleOutputs(outputs, over).map(one => one.becomes),
    ['record', 'nothing']
  );
});

test('outputs that are up to date, unknown, or of others are not changed', () => {
  const outputs = [
    output('a', 'panel', { 'text/html': '', 'text/plain': '' }),
    output('a', 'record', { 'text/html': 'the record' }),
    output('running', 'panel', WIDGET),
    output('running', 'record', { 'text/html': 'so far' }),
    { data: WIDGET, metadata: {} },
    { data: WIDGET, metadata: { nbtrain: 'odd' } },
    { output_type: 'error' }
  ];
  assert.deepEqual(
    staleOutputs(outputs, run => (run === 'a' ? 'over' : 'on')),
    []
  );
});

test('without its kernel a form is its text, and a panel is empty', () => {
  const form = { data: WIDGET, metadata: { nbtrain: { part: 'form' } } };
  assert.ok(isLeftover(form));
  assert.deepEqual(fallbackOf(form), { 'text/plain': 'P' });
  assert.ok(isLeftover(output('a', 'panel', WIDGET)));
  assert.deepEqual(fallbackOf(output('a', 'panel', WIDGET)), {});
  assert.ok(!isLeftover(output('a', 'record', WIDGET)));
  assert.ok(!isLeftover({ data: WIDGET, metadata: {} }));
});

test('a run that the kernel does not know has ended if its record says so', () => {
  const outputs = [output('a', 'panel', WIDGET)];
  assert.equal(staleOutputs(outputs, () => null).length, 1);
  const record = (status: string) => ({
    'application/vnd.nbtrain.run.v1+json': { head: { status } }
  });
  assert.ok(saysEnded(record('interrupted')));
  assert.ok(!saysEnded(record('running')));
  assert.ok(!saysEnded({ 'text/html': 'finished' }));
  assert.ok(!saysEnded(null));
});
