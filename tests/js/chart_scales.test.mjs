// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { logTicks, scale, ticks } from "../../labextension/lib/chart/scales.js";

test("ticks are round and enclose the range", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0.13, 0.68, 5), [0, 0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(ticks(0, 1, 1), [0, 1]);
  assert.deepEqual(ticks(-3, 12000, 4), [-5000, 0, 5000, 10000, 15000]);
  assert.deepEqual(ticks(0.0001, 0.0003, 2), [0.0001, 0.0002, 0.0003]);
});

test("a scale is invertible, in both directions", () => {
  const steps = scale([100, 300], 48, 448);
  assert.deepEqual([100, 150, 300].map(steps.at), [48, 148, 448]);
  assert.deepEqual([48, 148, 448].map(steps.back), [100, 150, 300]);
  const values = scale([0, 2], 236, 8);
  assert.deepEqual([0, 1, 2].map(values.at), [236, 122, 8]);
});

test("on a log scale all powers of ten have the same length, and 0 is far below", () => {
  const values = scale([0.01, 100], 200, 0, true);
  assert.deepEqual([0.01, 0.1, 1, 10, 100].map(values.at).map(Math.round), [200, 150, 100, 50, 0]);
  assert.ok(Math.abs(values.back(150) - 0.1) < 1e-12);
  for (const value of [0, -1]) assert.ok(values.at(value) > 1000);
});

test("ticks of a log scale are round, inside, and not too many", () => {
  assert.deepEqual(logTicks(0.04, 3, 6), [0.05, 0.1, 0.2, 0.5, 1, 2]);
  assert.deepEqual(logTicks(1e-4, 1e4, 5), [1e-4, 0.01, 1, 100, 1e4]);
  assert.deepEqual(logTicks(0.31, 0.69, 5), [0.4, 0.5, 0.6], "less than a power of ten");
  for (const high of [0.02, 0.5, 30, 1e9]) {
    const marks = logTicks(0.01, high, 5);
    assert.ok(marks.length >= 2 && marks.length <= 9);
    assert.ok(marks.every((mark) => mark >= 0.01 && mark <= high));
  }
});
