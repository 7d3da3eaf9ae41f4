// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { FIELDS, column } from "../../labextension/lib/chart/curves.js";
import {
  goneText,
  withoutKernel,
  applyDelta,
  floats,
  progress,
  readSnapshot,
  renew,
  tableOf,
} from "../../labextension/lib/panel/values.js";

/** Bytes as a front end hands them over: a view into a larger message, at any offset. @param {number[]} values */
function sent(values) {
  const bytes = new Uint8Array(new Float32Array(values).buffer);
  const message = new Uint8Array(bytes.length + 3);
  message.set(bytes, 3);
  return new DataView(message.buffer, 3);
}

/** A bin with one point. @param {number} step @param {number} value */
const point = (step, value) => [step, step, value, value, value];

/** @param {number[]} values */
const curveOf = (...values) => ({
  version: 0,
  bins: new Float32Array(values.flatMap((value, index) => point(index + 1, value))),
});

/** @param {any} rest */
const deltaOf = (rest) => ({ run: "a", head: { step: 1 }, curves: [], rows: [], ...rest });

/** @param {number} number @param {Record<string, number | string | null>} metrics */
const row = (number, metrics = {}) => ({ number, step: 10 * number, epoch: number, metrics });

test("floats reads a view that is not aligned", () => {
  assert.deepEqual([...floats(sent([1, -2.5]))], [1, -2.5]);
});

test("deltas change the last bin and append new ones", () => {
  const change = { name: "loss", version: 0, from: 0, count: 2 };
  const first = applyDelta(readSnapshot({}), deltaOf({ curves: [change] }), [sent([...point(1, 4), ...point(2, 3)])]);
  const next = deltaOf({ head: { step: 3 }, curves: [{ ...change, from: 1 }] });
  const second = applyDelta(first, next, [sent([2, 3, 1, 3, 2, ...point(4, 1)])]);
  assert.deepEqual(column(second.curves.loss, 4), [4, 2, 1]);
  assert.deepEqual(column(second.curves.loss, 1), [1, 3, 4]);
  assert.equal(second.head.step, 3);
  assert.equal(first.curves.loss.bins.length, 2 * FIELDS, "an earlier snapshot stays as it was");
});

test("a curve of a new version replaces the old one", () => {
  const before = { ...readSnapshot({ run: "a" }), curves: { loss: curveOf(4, 3, 2, 1) } };
  const change = { name: "loss", version: 1, from: 0, count: 1 };
  const after = applyDelta(before, deltaOf({ curves: [change] }), [sent([1, 4, 1, 4, 2.5])]);
  assert.deepEqual(column(after.curves.loss, 4), [2.5]);
  assert.equal(after.curves.loss.version, 1);
});

test("a late view ignores deltas that do not fit", () => {
  const before = { ...readSnapshot({ run: "a" }), curves: { loss: curveOf(4, 3) } };
  for (const [version, from] of [
    [0, 5],
    [1, 1],
  ]) {
    const delta = deltaOf({ curves: [{ name: "loss", version, from, count: 1 }] });
    assert.deepEqual(applyDelta(before, delta, [sent(point(9, 9))]).curves, before.curves);
  }
  const trait = { run: "a", curves: { loss: { version: 1, bins: sent([...point(1, 7), ...point(9, 9)]) } } };
  assert.deepEqual(column(renew(before, readSnapshot(trait)).curves.loss, 4), [7, 9]);
});

test("a delta of another run starts from empty data", () => {
  const before = { ...readSnapshot({ run: "a", rows: [row(1)] }), curves: { loss: curveOf(1) } };
  const after = applyDelta(before, deltaOf({ run: "b" }), []);
  assert.deepEqual([after.run, after.rows, after.curves], ["b", [], {}]);
});

test("rows come once and in order, also when an earlier one comes late", () => {
  const before = readSnapshot({ run: "a", rows: [row(1)] });
  const after = applyDelta(before, deltaOf({ rows: [row(1), row(3)] }), []);
  assert.deepEqual(
    after.rows.map(({ number }) => number),
    [1, 3],
  );
  const renewed = renew(after, readSnapshot({ run: "a", rows: [row(1), row(2), row(3)] }));
  assert.deepEqual(
    renewed.rows.map(({ number }) => number),
    [1, 2, 3],
  );
});

test("a trait that says nothing new leaves rows and messages the same objects", () => {
  const said = { run: "a", rows: [row(1)], messages: [{ level: "note", text: "x", step: 0 }] };
  const before = readSnapshot(structuredClone(said));
  const after = renew(before, readSnapshot(structuredClone(said)));
  assert.equal(after.rows, before.rows);
  assert.equal(after.messages, before.messages);
});

test("the best row is the one that the kernel names, whatever the metric", () => {
  const rows = [row(1, { loss: 0.4, perplexity: 9 }), row(2, { loss: 0.5, perplexity: 3 }), row(4, { loss: 0.6, f1: "nan" })];
  const { names, lines } = tableOf(readSnapshot({ rows, head: { best_row: 2 } }));
  assert.deepEqual(names, ["loss", "perplexity", "f1"]);
  assert.deepEqual(lines.map(({ isBest }) => isBest), [false, true, false]);
  assert.deepEqual(lines.map(({ cells }) => cells), [
    ["0.4000", "9.0000", "-"],
    ["0.5000", "3.0000", "-"],
    ["0.6000", "-", "nan"],
  ]);
  const { lines: unmarked } = tableOf(readSnapshot({ rows, head: { best_row: null } }));
  assert.ok(unmarked.every(({ isBest }) => !isBest));
});

/** @param {any} head */
const progressOf = (head) => progress(readSnapshot({ head }).head);

test("the bar shows the steps, and before the first step the current phase", () => {
  const loading = progressOf({ status: "running", phase: { name: "tokenizing", done: 1200, total: 3668 } });
  assert.deepEqual([loading.label, loading.detail], ["Preparing", "Tokenizing 1,200 / 3,668"]);
  assert.equal(loading.fraction, 1200 / 3668);
  const phase = { name: "evaluating", done: 12, total: 48 };
  const evaluating = progressOf({ status: "running", step: 50, max_steps: 200, phase });
  assert.deepEqual([evaluating.label, evaluating.fraction, evaluating.work], ["Training", 0.25, 0.25]);
  assert.equal(progressOf({ status: "interrupted", step: 5, max_steps: 10 }).label, "Interrupted");
});

test("without a total the bar has no length", () => {
  const { work, fraction } = progressOf({ status: "running", phase: { name: "download", done: 0, total: 0 } });
  assert.deepEqual([work, fraction], [null, null]);
  assert.deepEqual([progressOf({}).label, progressOf({}).fraction], ["Preparing", null]);
  assert.equal(progressOf({ status: "failed" }).fraction, 0);
  const first = progressOf({ status: "running", max_steps: 10 });
  assert.deepEqual([first.fraction, first.detail], [0, "First step ..."]);
});

test("a run that lost its kernel is marked, one that had ended stays unchanged", () => {
  const running = readSnapshot({ head: { status: "running", max_steps: 9, step: 3, phase: { name: "x" }, seconds_left: 5 } });
  const { head } = withoutKernel(running);
  assert.deepEqual([head.status, head.step, head.phase, head.seconds_left], ["gone", 3, null, null]);
  assert.equal(progress(head).label, "Kernel lost");
  const finished = readSnapshot({ head: { status: "finished" } });
  assert.equal(withoutKernel(finished), finished);
});

test("without a kernel, a run with checkpoints can be resumed", () => {
  const head = { ...withoutKernel(readSnapshot({ run: "a", head: { status: "running" } })).head, subject: ["demo"], checkpoints: [] };
  assert.ok(goneText({ run: "a", head }).endsWith("run the cell again."));
  assert.ok(goneText({ run: "a", head: { ...head, checkpoints: [10, 1200] } }).endsWith("from step 1,200, run a cell with %%finetune --resume a"));
  assert.ok(goneText({ run: "a", head: { ...head, subject: [], checkpoints: [10] } }).endsWith("run the cell again."));
});
