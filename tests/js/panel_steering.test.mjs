// @ts-check
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import {
  BUTTONS,
  RESUME,
  SLIDER,
  pendingValue,
  nudged,
  positionOf,
  rateAt,
  readNumber,
  sliderRange,
  stateOf,
  throttled,
} from "../../labextension/lib/panel/steering.js";

test("the slider spans two decades on both sides, evenly on a log scale", () => {
  const range = sliderRange(5e-5);
  const ends = range.map((rate) => rate.toPrecision(3));
  assert.deepEqual(ends, ["5.00e-7", "0.00500"]);
  assert.equal(positionOf(5e-5, range), 200);
  assert.equal(positionOf(range[0], range), 0);
  assert.equal(rateAt(200, range), 5e-5);
  assert.equal(rateAt(300, range), 5e-4);
});

test("each position of the slider maps to a rate and back", () => {
  const range = sliderRange(3.7e-5);
  const places = Array.from({ length: SLIDER + 1 }, (_, place) => place);
  const rates = places.map((place) => rateAt(place, range));
  const back = rates.map((rate) => positionOf(rate, range));
  assert.deepEqual(back, places);
  assert.equal(new Set(rates).size, places.length);
});

test("an empty or invalid field is null, not 0", () => {
  const values = ["5e-5", " 0.01 ", "0", "", "  ", "1,5", "fast", "Infinity"].map(readNumber);
  assert.deepEqual(values, [5e-5, 0.01, 0, null, null, null, null, null]);
});

test("an arrow key changes a number by a tenth, whatever its size", () => {
  assert.equal(nudged(5e-5, true), 5.5e-5);
  assert.equal(nudged(5.5e-5, false), 5e-5);
  assert.equal(nudged(0, true), 0);
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

test("when the loss of a batch is not finite, only skip and stop are enabled", () => {
  const offered = [...BUTTONS, RESUME].filter((spec) => /** @type {readonly string[]} */ (spec[4]).includes("broken"));
  const commands = offered.map((spec) => spec[0]);
  assert.deepEqual(commands, ["skip", "stop"]);
});

test("a dragged slider sends at most every 150 ms, and the last value always", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1000 });
  /** @type {[number, number][]} */
  const sent = [];
  const { call, flush } = throttled((/** @type {number} */ value) => sent.push([Date.now(), value]));
  for (let time = 0; time < 100; time += 1) {
    if (time < 40) call(time);
    mock.timers.tick(10);
  }
  const times = sent.map(([time]) => time);
  assert.ok(times.slice(1).every((time, index) => time - times[index] >= 150));
  assert.deepEqual([sent[0][1], sent[sent.length - 1][1], sent.length], [0, 39, 4]);
  call(50);
  call(51);
  flush();
  flush();
  assert.deepEqual(sent.slice(4).map(([, value]) => value), [50, 51], "let go: at once, and once");
  mock.timers.tick(500);
  assert.equal(sent.length, 6);
  mock.timers.reset();
});

test("a value that was set is shown until the run uses it", () => {
  const rate = pendingValue();
  assert.equal(rate.show(null, 0), null);
  assert.equal(rate.show(5e-5, 3), 5e-5);
  rate.set(1e-5);
  assert.equal(rate.show(4.9e-5, 9), 1e-5, "not heard yet, however long it takes");
  rate.heard(9);
  assert.equal(rate.show(4.9e-5, 10), 1e-5, "the step at hand still has the old one");
  assert.equal(rate.show(0.999e-5, 11), 0.999e-5, "in force: the schedule goes on from it");
  assert.equal(rate.show(0.5e-5, 40), 0.5e-5);
});

test("a rejected value is not shown any longer", () => {
  const rate = pendingValue();
  rate.set(7);
  rate.drop();
  assert.equal(rate.show(5e-5, 1), 5e-5);
  rate.set(7);
  rate.heard(1);
  assert.equal(rate.show(5e-5, 3), 5e-5, "two steps later the snapshot is right, whatever it says");
});

test("without a kernel the controls stay, all disabled", () => {
  const state = stateOf({ controls: true, max_steps: 9, status: "gone" });
  assert.equal(state, "gone");
  assert.ok([...BUTTONS, RESUME].every(([, , , , states]) => !states.some((name) => name === state)));
});
