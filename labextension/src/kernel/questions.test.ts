import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NoResponse, Questions } from './questions.js';

test('a response is matched by its ID and its type', async () => {
  const questions = new Questions();
  let id = -1;
  const answer = questions.ask(number => (id = number), 'heard', 1000);
  questions.receive({ type: 'heard', id: id + 1, text: 'another page', error: false });
  questions.receive({ type: 'problems', id, problems: [] });
  questions.receive({ type: 'heard', id, text: 'yes', error: false });
  assert.equal((await answer).text, 'yes');
});

test('a failure, a timeout and the end of the kernel are errors', async () => {
  const questions = new Questions();
  let id = -1;
  const failed = questions.ask(number => (id = number), 'record', 1000);
  questions.receive({ type: 'failed', id, text: 'no such run' });
  await assert.rejects(failed, /no such run/);
  await assert.rejects(
    questions.ask(() => undefined, 'record', 5),
    NoResponse
  );
  const open = questions.ask(() => undefined, 'record', 1000);
  questions.end();
  await assert.rejects(open, /restarted/);
});

test('a request that cannot be sent is rejected', async () => {
  const send = (): void => {
    throw new Error('no connection');
  };
  await assert.rejects(new Questions().ask(send, 'heard', 60_000), /no connection/);
});
