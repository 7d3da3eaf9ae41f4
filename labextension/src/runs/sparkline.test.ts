import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sparkPath } from './sparkline.js';

test('a falling loss goes from the upper left to the lower right', () => {
  assert.equal(sparkPath([3, 2, 1], 20, 10, 0), 'M0 0L10 5L20 10');
});

test('a value that is not finite is a gap, one without neighbours a dot', () => {
  assert.equal(sparkPath([1, 0, null, 1], 30, 10, 0), 'M0 0L10 10M30 0h0');
  assert.equal(sparkPath([null, null], 30, 10), '');
  assert.equal(sparkPath([], 30, 10), '');
});

test('one value, or equal values, are in the middle', () => {
  assert.equal(sparkPath([2], 20, 10, 0), 'M0 5h0');
  assert.equal(sparkPath([2, 2], 20, 10, 0), 'M0 5L20 5');
});

test('an outlier does not flatten the rest', () => {
  const values = [100, ...Array.from({ length: 40 }, (_, index) => 1 - index / 100)];
  const heights = sparkPath(values, 80, 20, 0)
    .split(/[ML]/)
    .slice(1)
    .map(point => Number(point.split(' ')[1]));
  assert.equal(heights[0], 0);
  assert.ok(Math.min(...heights) >= 0 && Math.max(...heights) <= 20);
  assert.ok(heights[40]! - heights[3]! > 15);
});
