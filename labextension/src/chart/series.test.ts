import assert from 'node:assert/strict';
import { test } from 'node:test';

import { axisKinds, axisOf, timeTicks } from './axis.js';
import type { ChartData, Curve } from './curves.js';
import { csvOf } from './download.js';
import { positionOf, spanAt } from './legend.js';
import { seriesOf, tabsOf } from './series.js';

/** A curve of single steps: step and value. */
const curveOf = (...points: [number, number][]): Curve => ({
  version: 0,
  bins: Float32Array.from(points.flatMap(([step, value]) => [step, step, value, value, value]))
});

const CURVES = {
  loss: curveOf([1, 4], [2, 2], [4, 1]),
  eval_loss: curveOf([4, 1.5]),
  'metric:f1': curveOf([4, 0.5]),
  'metric:accuracy, "top"': curveOf([4, 0.75]),
  learning_rate: curveOf([1, 5e-5]),
  memory: curveOf([1, 2]),
  grad_norm: curveOf(),
  time: curveOf([1, 10], [2, 20], [4, 120])
};
const DATA: ChartData = { head: { step: 4, epoch: 2, max_steps: 4 }, curves: CURVES, behind: [], marks: [] };

test('tabs are those with data, and the loss', () => {
  assert.deepEqual(
    tabsOf(CURVES).map(({ id }) => id),
    ['loss', 'metrics', 'learning_rate', 'memory']
  );
  assert.deepEqual(
    tabsOf({}).map(({ id }) => id),
    ['loss']
  );
});

test('curves of a tab differ in dashes and shapes, not in colours alone', () => {
  const [first, second] = seriesOf(CURVES, 'metrics');
  assert.deepEqual([first?.name, second?.name], ['f1', 'accuracy, "top"']);
  assert.notDeepEqual(first?.dash, second?.dash);
  assert.notEqual(first?.shape, second?.shape);
  assert.deepEqual(
    seriesOf(CURVES, 'loss').map(({ id, noisy }) => [id, noisy]),
    [
      ['loss', true],
      ['eval_loss', false]
    ]
  );
});

test('the axis of time follows the clock, that of epochs the steps', () => {
  assert.deepEqual(axisKinds(DATA), ['step', 'epoch', 'time']);
  assert.deepEqual(axisKinds({ ...DATA, head: {}, curves: {} }), ['step']);
  const time = axisOf('time', DATA, [0, 4], 0, 120);
  assert.ok(Math.abs(time.at(3) - 70) < 1e-9, 'half of the way from 20 s to 120 s');
  assert.ok(Math.abs(time.back(70) - 3) < 1e-9);
  const epoch = axisOf('epoch', DATA, [0, 4], 0, 400);
  assert.equal(epoch.at(2), 200);
  assert.deepEqual(epoch.ticks(400).map(([step, label]) => [step, label]).slice(0, 3), [
    [0, '0'],
    [1, '0.5'],
    [2, '1']
  ]);
  assert.deepEqual(timeTicks([0, 130], 180), [0, 120]);
  assert.deepEqual(timeTicks([0, 7200], 360), [0, 1800, 3600, 5400, 7200]);
});

test('all curves are in the CSV, with the smoothed value of those that are smoothed', () => {
  const lines = csvOf({ ...DATA, behind: [{ name: 'lr 1e-4', points: Float32Array.from([3, 0.5]) }] }, 0).split('\n');
  assert.equal(lines[0], 'curve,first step,last step,mean,lowest,highest,smoothed');
  assert.equal(lines[1], 'loss,1,1,4,4,4,4');
  assert.ok(lines.includes('eval_f1,4,4,0.5,0.5,0.5,'));
  assert.ok(lines.includes('"eval_accuracy, ""top""",4,4,0.75,0.75,0.75,'));
  assert.ok(lines.includes('lr 1e-4,3,3,0.5,0.5,0.5,'));
  const [, first, second] = csvOf(DATA, 1).split('\n');
  assert.ok(first?.endsWith(',4') && Number(second?.split(',')[6]) > 2, 'smoothed: between 2 and 4');
});

test('the slider of the smoothing begins with none', () => {
  assert.equal(spanAt(0, 1000), 0);
  assert.equal(spanAt(100, 1000), 1000);
  assert.equal(positionOf(0, 1000), 0);
  for (const position of [1, 30, 77, 100]) {
    assert.equal(positionOf(spanAt(position, 1000), 1000), position);
  }
});
