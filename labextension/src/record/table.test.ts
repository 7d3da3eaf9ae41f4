import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Row } from './parse.js';
import { tabulate } from './table.js';

const row = (number: number, metrics: Record<string, number | string>): Row => ({
  number,
  step: number * 1000,
  epoch: number,
  seconds: 90,
  trainingLoss: 0.25,
  metrics: new Map(Object.entries(metrics))
});

test('the validation loss comes first, the best evaluation is marked', () => {
  const table = tabulate({ rows: [row(1, { f1: 0.5, loss: 2 }), row(2, { f1: 0.75, loss: 1, extra: 3 })], bestRow: 2, bestMetric: 'f1', baselines: [] });
  assert.deepEqual(table.titles, ['step', 'epoch', 'training loss', 'validation loss', 'f1', 'extra', 'time']);
  assert.deepEqual(table.lines[0]!.cells, ['1,000', '1', '0.2500', '2.0000', '0.5000', '-', '1:30']);
  assert.deepEqual(table.lines.map(line => line.isBest), [false, true]);
  assert.equal(table.main, 'f1');
});

test('omitted evaluations are counted at their position', () => {
  const table = tabulate({ rows: [row(3, {}), row(4, {}), row(9, {})], bestRow: null, bestMetric: 'f1', baselines: [] });
  assert.deepEqual(table.lines.map(line => line.gap), [2, 0, 4]);
  assert.equal(table.main, '');
});

test('the number of columns is limited', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, index]));
  const table = tabulate({ rows: [row(1, many)], bestRow: null, bestMetric: 'f1', baselines: [] });
  assert.equal(table.titles.length, 28);
  assert.equal(table.leftOut, 16);
  assert.deepEqual(tabulate({ rows: [], bestRow: null, bestMetric: 'f1', baselines: [] }).lines, []);
});

test('a baseline has its metrics in the columns of the evaluations', () => {
  const baselines = [{ title: 'always spam', metrics: new Map([['f1', 0.25]]) }];
  const table = tabulate({ rows: [row(1, { loss: 2, f1: 0.5 })], bestRow: null, bestMetric: 'f1', baselines });
  assert.deepEqual(table.baselines, [{ title: 'always spam', cells: ['', '0.2500'] }]);
});
