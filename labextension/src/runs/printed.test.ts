import assert from 'node:assert/strict';
import { test } from 'node:test';

import { missingTexts } from './printed.js';

const stream = (text: string | string[], name = 'stdout') => ({ output_type: 'stream', name, text });
const out = (text: string) => ({ name: 'stdout', text });
const err = (text: string) => ({ name: 'stderr', text });
const part = (name: string) => ({
  output_type: 'display_data',
  data: {},
  metadata: { nbtrain: { run: 'a', part: name } }
});
const RUN = [part('panel'), part('record')];

test('a cell without text gets all of it', () => {
  assert.deepEqual(missingTexts(RUN, 'a', [out('1\n'), out('2\n')]), [out('1\n2\n')]);
  assert.deepEqual(missingTexts(RUN, 'a', []), []);
});

test('what the notebook was saved with is not repeated', () => {
  const texts = [out('1\n'), err('careful\n'), out('2\n3\n')];
  assert.deepEqual(missingTexts([...RUN, stream('1\n')], 'a', texts), [err('careful\n'), out('2\n3\n')]);
  const saved = [...RUN, stream(['1\n']), stream('careful\n', 'stderr'), stream(['2\n'])];
  assert.deepEqual(missingTexts(saved, 'a', texts), [out('3\n')]);
  assert.deepEqual(missingTexts([...saved, stream('3\n')], 'a', texts), []);
});

test('equal lines are counted', () => {
  const saved = [...RUN, stream('same\nsame\n')];
  assert.deepEqual(missingTexts(saved, 'a', [out('same\n'.repeat(5))]), [out('same\n'.repeat(3))]);
});

test('text above the panel was printed before the run', () => {
  assert.deepEqual(missingTexts([stream('1\n'), ...RUN], 'a', [out('1\n2\n')]), [out('1\n2\n')]);
});

test('the oldest text may be missing', () => {
  assert.deepEqual(missingTexts([...RUN, stream('1\n2\n3\n')], 'a', [out('2\n3\n4\n')]), [out('4\n')]);
});

test('of a line that overwrites itself, the last state counts, as in the notebook', () => {
  const texts = [out('start\r\n'), out(' 10%\r'), out(' 50%\r'), out('100%\nend\n')];
  assert.deepEqual(missingTexts([...RUN, stream('start\n100%\n')], 'a', texts), [out('end\n')]);
});
