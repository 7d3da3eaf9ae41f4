// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { marksAt, placeLabels } from "../../labextension/lib/chart/marks.js";

const widthOf = (/** @type {string} */ text) => 6 * text.length;
const mark = (/** @type {number} */ step, label = `lr ${step}e-6`) => ({ step, label });

/** @param {import("../../labextension/lib/chart/marks.js").Placed[]} placed */
function overlaps(placed) {
  const pairs = placed.flatMap((a, index) => placed.slice(index + 1).map((b) => [a, b]));
  return pairs.some(
    ([a, b]) => a.row === b.row && a.left < b.left + widthOf(b.text) && b.left < a.left + widthOf(a.text),
  );
}

test("labels never overlap, and the newest is always shown", () => {
  for (const scale of [0.1, 1, 7, 30]) {
    const marks = Array.from({ length: 100 }, (_, index) => mark(index));
    const placed = placeLabels(marks, (step) => 48 + step * scale, widthOf, 48 + 100 * scale);
    assert.ok(!overlaps(placed));
    assert.equal(placed[0].text, "lr 99e-6");
    assert.ok(placed.every(({ row }) => row < 2));
    const upper = placed.filter(({ row }) => row === 0);
    const isCut = placed.filter(({ row }) => row === 1).some(({ left, text }) =>
      upper.some(({ x }) => x > left && x < left + widthOf(text)),
    ); // prettier-ignore
    assert.ok(!isCut, "the line of an upper label goes through no lower one");
  }
});

test("all labels that fit are shown", () => {
  const marks = [mark(10), mark(20), mark(30)];
  const placed = placeLabels(marks, (step) => step * 20, widthOf, 800);
  assert.deepEqual(
    placed.map(({ row }) => row),
    [0, 0, 0],
  );
});

test("a label is left of its line if it does not fit on the right, and is shortened", () => {
  const [placed] = placeLabels([mark(500, "a label that goes on and on for ever")], (step) => step, widthOf, 520);
  assert.equal(placed.text.length, 24);
  assert.ok(placed.left + widthOf(placed.text) < placed.x);
});

test("the pointer hits the marks of its steps, or else the nearest one within reach", () => {
  const marks = [mark(10), mark(12), mark(40)];
  assert.deepEqual(marksAt(marks, 9, 12, 3), [mark(10), mark(12)]);
  assert.deepEqual(marksAt(marks, 42, 42, 3), [mark(40)]);
  assert.deepEqual(marksAt(marks, 30, 30, 3), []);
  assert.deepEqual(marksAt([], 30, 30, 3), []);
});
