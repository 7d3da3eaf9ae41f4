import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RunSummary } from '../kernel/protocol';
import { NoResponse } from '../kernel/questions.js';
import { summary } from '../kernel/sample.js';
import type { ILink } from '../kernel/tokens';
import { trans } from './untranslated.js';
import { sendCommand, stop } from './steering.js';

/**
 * A link whose kernel answers with `answer`, and that counts how often it was asked and
 * interrupted.
 */
function linkTo(run: RunSummary, answer: { text: string; error: boolean } | Error) {
  const counts = { asked: 0, interrupted: 0 };
  const link = {
    isDisposed: false,
    runs: new Map([[run.run, run]]),
    kernel: { interrupt: async () => void counts.interrupted++ },
    request: async () => {
      counts.asked++;
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    }
  };
  return { link: link as unknown as ILink, counts };
}

const heard = { text: 'Stopping after this step.', error: false };

test('a kernel that responds is not interrupted', async () => {
  const run = summary();
  const { link, counts } = linkTo(run, heard);
  assert.equal(await stop(link, run, trans), heard);
  assert.deepEqual(counts, { asked: 1, interrupted: 0 });
});

test('a blocked kernel that does not respond is interrupted', async () => {
  const run = summary();
  const { link, counts } = linkTo(run, new NoResponse());
  assert.equal((await stop(link, run, trans)).error, false);
  assert.deepEqual(counts, { asked: 1, interrupted: 1 });
});

test('one without controls is interrupted at once', async () => {
  const run = summary({}, { controls: false });
  const { link, counts } = linkTo(run, heard);
  await stop(link, run, trans);
  assert.deepEqual(counts, { asked: 0, interrupted: 1 });
});

test('nothing else is interrupted: another cell, a run that ended meanwhile or refused', async () => {
  const background = summary({}, { blocking: false });
  const first = linkTo(background, new NoResponse());
  assert.equal((await stop(first.link, background, trans)).error, true);

  const second = linkTo(summary({ status: 'finished' }), new NoResponse());
  assert.equal((await stop(second.link, summary(), trans)).error, true);

  const third = linkTo(summary(), new Error('no such run'));
  assert.deepEqual(await stop(third.link, summary(), trans), { text: 'no such run', error: true });
  assert.equal(first.counts.interrupted + second.counts.interrupted + third.counts.interrupted, 0);
});

test('a command without a response gives a message', async () => {
  const run = summary();
  assert.match((await sendCommand(linkTo(run, new NoResponse()).link, run, 'pause', trans)).text, /busy/);
  assert.equal(await sendCommand(linkTo(run, heard).link, run, 'pause', trans), heard);
});
