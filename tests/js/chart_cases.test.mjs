// @ts-check
/** What the chart decides for the runs that `tests/views/test_chart_rules.py` has, too: both draw them alike. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { column, epochEnds, labelOf, pointsOf, smooth, validationOf, valueRange } from "../../labextension/lib/chart/curves.js";
import { TICK_PIXELS, stepTicks, ticks } from "../../labextension/lib/chart/scales.js";

const [WIDTH, HEIGHT] = [720, 260];
const cases = JSON.parse(readFileSync(new URL("../views/chart_cases.json", import.meta.url), "utf-8"));

/** @param {number[][]} bins */
const curveOf = (bins) => ({ version: 0, bins: Float32Array.from(bins.flat()) });

/** @param {any} is @param {any} wanted @param {string} what */
function assertNear(is, wanted, what) {
  if (typeof wanted === "string") return assert.equal(is, wanted, what);
  if (!Array.isArray(wanted)) {
    assert.ok(Math.abs(is - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)), `${what}: ${is}, not ${wanted}`);
    return;
  }
  assert.equal(is.length, wanted.length, what);
  wanted.forEach((value, index) => assertNear(is[index], value, `${what}[${index}]`));
}

for (const { name, step, epoch, curves: given, behind: others, decided } of cases) {
  test(name, () => {
    const curves = Object.fromEntries(
      Object.entries(given).map(([name, bins]) => [name, curveOf(/** @type {number[][]} */ (bins))]),
    );
    const behind = others.map((/** @type {number[][]} */ points) => ({ name: "", points: Float32Array.from(points.flat()) }));
    const range = valueRange({ noisy: [curves.loss], exact: validationOf(curves).map(([, curve]) => curve), behind });
    const end = Math.max(step, 1);
    const is = {
      validation: validationOf(curves).map(([name]) => labelOf(name)),
      smoothed: smooth(column(curves.loss, 1), column(curves.loss, 4)),
      smoothed_less: smooth(column(curves.loss, 1), column(curves.loss, 4), 3),
      smoothed_behind: behind.map((/** @type {any} */ one) => {
        const points = pointsOf(one);
        return smooth(points.map(([at]) => at), points.map(([, value]) => value)); // prettier-ignore
      }),
      range,
      ticks: ticks(...range, HEIGHT / TICK_PIXELS),
      step_ticks: stepTicks(0, end, WIDTH),
      epochs: epochEnds({ step, epoch }, [0, end]),
      epochs_of_the_second_half: epochEnds({ step, epoch }, [end / 2, end]),
    };
    assert.deepEqual(Object.keys(is), Object.keys(decided));
    for (const [what, wanted] of Object.entries(decided)) assertNear(is[/** @type {"range"} */ (what)], wanted, what);
  });
}
