import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changeBetween, rebased } from './merge.js';
import type { Change } from './merge.js';

const applied = (text: string, change: Change | null): string =>
  change === null ? text : text.slice(0, change.from) + change.insert + text.slice(change.to);

test('only what differs is changed', () => {
  assert.deepEqual(changeBetween('a = 1  # x\nb = 2', 'a = 15  # x\nb = 2'), {
    from: 5,
    to: 5,
    insert: '5'
  });
  assert.deepEqual(changeBetween('aaa', 'aa'), { from: 2, to: 3, insert: '' });
  assert.equal(changeBetween('same', 'same'), null);
  for (const [before, after] of [
    ['', 'x'],
    ['x', ''],
    ['abab', 'ab'],
    ['🙂', '🙃'],
    ['🙂a', '🙃a']
  ] as const) {
    assert.equal(applied(before, changeBetween(before, after)), after);
  }
});

test('surrogate pairs are never split', () => {
  assert.deepEqual(changeBetween('🙂', '🙃'), { from: 0, to: 2, insert: '🙃' });
});

test('a change of the form and typing elsewhere are both kept', () => {
  const base = 'rate = 1\nseed = 2\n';
  const form = 'rate = 5\nseed = 2\n';
  assert.equal(
    applied('rate = 1\nseed = 27\n', rebased(base, form, 'rate = 1\nseed = 27\n')),
    'rate = 5\nseed = 27\n'
  );
  const below = 'rate = 1\nseed = 7\n';
  assert.equal(
    applied('rate = 100\nseed = 2\n', rebased(base, below, 'rate = 100\nseed = 2\n')),
    'rate = 100\nseed = 7\n'
  );
});

test('if both changed the same place, the typed text stays', () => {
  assert.equal(rebased('rate = 1', 'rate = 5', 'rate = 3'), null);
});

test('without typing, the text of the form is taken', () => {
  assert.equal(applied('a = 1', rebased('a = 1', 'a = 2', 'a = 1')), 'a = 2');
  assert.equal(rebased('a', 'a', 'b'), null);
});
