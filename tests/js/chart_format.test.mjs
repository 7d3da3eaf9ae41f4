// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDuration, formatNumber, formatRate } from "../../nbtrain/notebook/chart/format.js";

test("numbers, durations and rates read well", () => {
  const numbers = [0.41234, 0, 5e-5, 123456, -1.5, "nan", null, undefined].map(formatNumber);
  assert.deepEqual(numbers, ["0.4123", "0.0000", "5.00e-5", "1.23e+5", "-1.5000", "nan", "–", "–"]);
  const durations = [0, 7.4, 59.6, 760, 11100, -3, null, Infinity].map(formatDuration);
  assert.deepEqual(durations, ["0:00", "0:07", "1:00", "12:40", "3:05:00", "0:00", "–", "–"]);
  assert.deepEqual([0, 3.14159, 14.56, 145.2].map(formatRate), ["–", "3.14", "14.6", "145"]);
});
