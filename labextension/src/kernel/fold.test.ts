import assert from 'node:assert/strict';
import { test } from 'node:test';

import { summary } from './sample.js';
import { fold, isMessage } from './fold.js';

const hello = (...runs: ReturnType<typeof summary>[]) =>
  ({ type: 'hello', version: 1, nbtrain: '0.1', session: 's', runs }) as const;

test('a hello replaces all runs', () => {
  const [first, second] = [summary({}, { run: 'a' }), summary({}, { run: 'b' })];
  const runs = fold(new Map([['old', summary({}, { run: 'old' })]]), hello(first, second));
  assert.deepEqual([...runs.keys()], ['a', 'b']);
});

test('a new run is last, and keeps its position when it changes', () => {
  let runs = fold(new Map(), hello(summary({}, { run: 'a' })));
  runs = fold(runs, { type: 'run', run: summary({ step: 1 }, { run: 'b' }) });
  runs = fold(runs, { type: 'run', run: summary({ step: 9 }, { run: 'a' }) });
  assert.deepEqual(
    [...runs.values()].map(run => [run.run, run.head.step]),
    [
      ['a', 9],
      ['b', 1]
    ]
  );
});

test('other messages leave the runs as they are', () => {
  const runs = fold(new Map(), hello(summary()));
  assert.equal(fold(runs, { type: 'heard', id: 1, text: '', error: false }), runs);
});

test('other data is not a message', () => {
  assert.ok(isMessage({ type: 'run' }));
  [null, 3, 'run', {}, { type: 3 }].forEach(data => assert.ok(!isMessage(data)));
});
