// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { brokenEnd, epochEnds, lossAt, nearest, pointsOf, smooth, stepLimit, valueRange } from "../../labextension/lib/chart/curves.js";

/** @param {number[]} values */
const curveOf = (...values) => ({
  version: 0,
  bins: new Float32Array(values.flatMap((value, index) => [index + 1, index + 1, value, value, value])),
});

test("the step axis is at least half full and rarely changes", () => {
  const limits = Array.from({ length: 690 }, (_, index) => stepLimit(index + 1, 690));
  limits.slice(20).forEach((limit, index) => assert.ok(limit >= index + 21 && limit <= 2 * (index + 21)));
  assert.ok(new Set(limits).size <= 7);
  assert.equal(stepLimit(690, 690), 690);
  assert.equal(stepLimit(700, 690), 700, "more steps than announced");
  assert.equal(stepLimit(0, 0), 1);
});

test("one early spike does not flatten the curve, a divergence is shown completely", () => {
  const calm = Array.from({ length: 200 }, (_, index) => 1 - index / 400);
  assert.ok(valueRange({ noisy: [curveOf(50, ...calm)], exact: [] })[1] < 2);
  assert.equal(valueRange({ noisy: [curveOf(...calm, ...Array(40).fill(9))], exact: [] })[1], 9);
  assert.equal(valueRange({ noisy: [curveOf(...calm)], exact: [curveOf(1, 7)] })[1], 7);
});

test("the range is never empty", () => {
  assert.deepEqual(valueRange({ noisy: [], exact: [] }), [0, 1]);
  for (const value of [0, 2, -2]) {
    const [low, high] = valueRange({ noisy: [curveOf(value, value)], exact: [] });
    assert.ok(low < high && low <= value && value <= high);
  }
});

test("two points are not smoothed, and a constant stays", () => {
  assert.deepEqual(smooth([1, 2], [5, 1]), [5, 1]);
  assert.deepEqual(smooth([], []), []);
  for (const value of smooth([1, 2, 3, 9], [2, 2, 2, 2])) assert.ok(Math.abs(value - 2) < 1e-12);
});

test("nearest finds the bin under the pointer", () => {
  const curve = curveOf(4, 3, 2);
  assert.deepEqual(
    [-5, 1.4, 1.6, 99].map((step) => nearest(curve, step)),
    [0, 0, 1, 2],
  );
  assert.equal(nearest(undefined, 1), -1);
});

test("zoomed in, the range is that of the steps shown", () => {
  const curve = curveOf(9, 8, 3, 2, 2.5, 1);
  assert.deepEqual(valueRange({ noisy: [curve], exact: [] }, { steps: [3, 5] }), [2, 3]);
  assert.deepEqual(valueRange({ noisy: [curve], exact: [] }, { steps: [70, 80] }), [0, 1]);
});

test("a log scale leaves out values below 0 and includes every spike", () => {
  const [low, high] = valueRange({ noisy: [curveOf(500, 0, -1, ...Array(300).fill(0.5))], exact: [] }, { log: true });
  assert.ok(low > 0.4 && low < 0.5 && high > 500);
  assert.deepEqual(valueRange({ noisy: [curveOf(-1, 0)], exact: [] }, { log: true }), [0.1, 1]);
});

/** @param {[number, number][]} points */
const behindOf = (...points) => ({ name: "other", points: new Float32Array(points.flat()) });

test("the range includes the curves behind, except outliers", () => {
  const calm = /** @type {[number, number][]} */ (Array.from({ length: 99 }, (_, step) => [step, 2]));
  const high = (/** @type {any} */ ...points) => valueRange({ noisy: [curveOf(1, 0.9)], exact: [], behind: [behindOf(...points)] })[1];
  assert.equal(high(...calm), 2);
  assert.equal(high(...calm, [99, 700]), 2);
});

test("the loss of a curve behind at a step, null after its end", () => {
  const behind = behindOf([10, 3], [20, 2]);
  assert.deepEqual(pointsOf(behind), [[10, 3], [20, 2]]);
  assert.deepEqual([1, 10, 11, 20, 21].map((step) => lossAt(behind, step)), [3, 3, 2, 2, null]);
  assert.equal(lossAt(behindOf(), 1), null);
});

test("epoch lines, limited in number", () => {
  const head = { step: 300, epoch: 3 };
  assert.deepEqual(epochEnds(head, [0, 459]), [100, 200, 300, 400]);
  assert.deepEqual(epochEnds(head, [150, 310]), [200, 300]);
  assert.deepEqual(epochEnds({ step: 1000, epoch: 100 }, [0, 1000]), Array.from({ length: 10 }, (_, index) => 100 * (index + 1)));
  for (const odd of [{}, { step: 5, epoch: 0 }, { step: 5, epoch: "nan" }]) assert.deepEqual(epochEnds(odd, [0, 10]), []);
});

test("the end of a run whose loss is not finite", () => {
  assert.deepEqual(brokenEnd({ step: 9, loss: "nan" }, curveOf(3, 2)), { steps: [2, 9], loss: "nan" });
  assert.equal(brokenEnd({ step: 9, loss: 0.5 }, curveOf(3, 2)), null);
  assert.equal(brokenEnd({ step: 9, loss: null }, undefined), null);
});
