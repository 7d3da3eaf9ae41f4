import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { Greeting } from './greeting.js';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('it is repeated, less and less often, until it is answered', () => {
  let sent = 0;
  const greeting = new Greeting(() => sent++);
  greeting.begin();
  assert.equal(sent, 1);
  mock.timers.tick(1000);
  assert.equal(sent, 2);
  mock.timers.tick(2000);
  assert.equal(sent, 3);
  mock.timers.tick(3999);
  assert.equal(sent, 3);
  mock.timers.tick(1);
  assert.equal(sent, 4);
  greeting.end();
  mock.timers.tick(100_000);
  assert.equal(sent, 4);
});

test('a second beginning replaces the first', () => {
  let sent = 0;
  const greeting = new Greeting(() => sent++);
  greeting.begin();
  greeting.begin();
  assert.equal(sent, 2);
  mock.timers.tick(1000);
  assert.equal(sent, 3);
});
