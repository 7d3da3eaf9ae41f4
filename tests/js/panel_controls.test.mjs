import assert from "node:assert/strict";
import { test } from "node:test";

import { positionOf, rateAt, shortNumber, sliderRange, stateOf } from "../../nbtrain/notebook/panel_controls.js";

test("the slider spans two decades on both sides, evenly on a log scale", () => {
  const range = sliderRange(5e-5);
  assert.deepEqual(range.map((rate) => rate.toPrecision(3)), ["5.00e-7", "0.00500"]);
  assert.equal(positionOf(5e-5, range), 200);
  assert.equal(positionOf(range[0], range), 0);
  assert.equal(rateAt(200, range), 5e-5);
  assert.equal(rateAt(300, range), 5e-4);
});

test("a number for a field has few digits and no long row of zeros", () => {
  assert.equal(shortNumber(0.000049979912), "4.998e-5");
  assert.equal(shortNumber(0.01), "0.01");
  assert.equal(shortNumber(0), "0");
});

test("which state the buttons are for", () => {
  const running = { controls: true, max_steps: 10, status: "running" };
  assert.equal(stateOf(running), "running");
  assert.equal(stateOf({ ...running, controls: false }), "none", "clicks do not arrive");
  assert.equal(stateOf({ ...running, max_steps: 0 }), "none", "nothing to steer yet");
  assert.equal(stateOf({ ...running, status: "paused" }), "paused");
  assert.equal(stateOf({ ...running, status: "paused", reason: "the loss is nan" }), "broken");
  assert.equal(stateOf({ ...running, status: "finished" }), "none");
});
