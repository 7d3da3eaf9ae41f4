// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { fitted, including, moved, zoomed } from "../../labextension/lib/chart/zoom.js";

test("a dragged range stays within the limits, in both directions", () => {
  assert.deepEqual(fitted([20, 60], 100), [20, 60]);
  assert.deepEqual(fitted([60, 20], 100), [20, 60]);
  assert.deepEqual(fitted([-30, 10], 100), [0, 40]);
  assert.deepEqual(fitted([90, 130], 100), [60, 100]);
});

test("some steps are always visible, and a range of all steps is null", () => {
  assert.deepEqual(fitted([50, 50], 100), [48, 52]);
  assert.equal(fitted([0, 100], 100), null);
  assert.equal(fitted([-50, 500], 100), null);
  assert.equal(fitted([1, 2], 3), null, "a run of three steps");
  assert.equal(fitted([NaN, 3], 100), null);
});

test("zooming keeps the step at the pointer", () => {
  const range = zoomed(null, 100, 0.5, 20);
  assert.deepEqual(range, [10, 60]);
  const share = (/** @type {[number, number]} */ [from, to]) => (20 - from) / (to - from);
  assert.equal(share(/** @type {[number, number]} */ (range)), 0.2);
  assert.deepEqual(zoomed([40, 60], 100, 2), [30, 70], "the middle, where there is no pointer");
});

test("zooming out ends at the whole run, zooming in at a few steps", () => {
  let range = /** @type {[number, number] | null} */ ([40, 60]);
  for (let turn = 0; turn < 9; turn += 1) range = zoomed(range, 100, 1.5, 59);
  assert.equal(range, null);
  range = zoomed(null, 100, 0.5, 100);
  for (let turn = 0; turn < 20; turn += 1) range = zoomed(range, 100, 0.5, 100);
  assert.deepEqual(range, [96, 100]);
});

test("a range moves as far as there are steps", () => {
  assert.deepEqual(moved([20, 40], 100, 0.5), [30, 50]);
  assert.deepEqual(moved([20, 40], 100, -5), [0, 20]);
  assert.deepEqual(moved([70, 90], 100, 5), [80, 100]);
  assert.equal(moved(null, 100, 0.5), null);
});

test("a range follows a step that is moved out of it", () => {
  assert.deepEqual(including([20, 40], 100, 30), [20, 40]);
  assert.deepEqual(including([20, 40], 100, 45), [25, 45]);
  assert.deepEqual(including([20, 40], 100, 2), [2, 22]);
  assert.equal(including(null, 100, 30), null);
});
