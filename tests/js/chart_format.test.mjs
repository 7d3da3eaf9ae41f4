// @ts-check
/** Numbers are written as `tests/views/test_format.py` has them, too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  formatColumn,
  formatCount,
  formatDuration,
  formatEpoch,
  formatEpochs,
  formatHyperparameter,
  formatNumber,
  formatRate,
  formatShort,
} from "../../labextension/lib/common/format.js";

const cases = JSON.parse(readFileSync(new URL("../format_cases.json", import.meta.url), "utf-8"));

const functions = {
  number: formatNumber,
  hyperparameter: formatHyperparameter,
  hyperparameter_of_4_digits: (/** @type {number} */ value) => formatHyperparameter(value, 4),
  short: formatShort,
  epoch: formatEpoch,
  duration: formatDuration,
  rate: formatRate,
  count: formatCount,
  column: formatColumn,
  epochs: formatEpochs,
};

test("each function gives the expected cases", () => {
  assert.deepEqual(Object.keys(functions), Object.keys(cases));
});

for (const [name, write] of Object.entries(functions)) {
  test(name, () => {
    assert.ok(cases[name].length);
    for (const [value, text] of cases[name]) assert.deepEqual(write(/** @type {never} */ (value)), text, `${name} of ${value}`);
  });
}

test("values that are not finite or missing", () => {
  const missing = [formatNumber(null), formatNumber(undefined), formatDuration(null), formatDuration(Infinity), formatRate(0)];
  assert.deepEqual(missing, Array(5).fill("-"));
  assert.deepEqual([formatNumber("nan"), formatHyperparameter("inf"), formatDuration("inf"), formatEpoch("nan")], ["nan", "inf", "-", "-"]);
  assert.deepEqual(formatColumn([0.5, "nan"]), ["0.5000", "nan"]);
});
