import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bodyLines, statements } from './statements.js';
import { bodyTokens, magicTokens, startState } from './tokens.js';

const words = (line: string, state = startState()): [string, string][] =>
  bodyTokens(line, state).map(({ from, to, kind }) => [line.slice(from, to), kind]);

test('keys, values and comments', () => {
  assert.deepEqual(words('learning_rate = 3e-4  # small'), [
    ['learning_rate', 'key'],
    ['=', 'plain'],
    ['3e-4', 'number'],
    ['# small', 'comment']
  ]);
  assert.deepEqual(words('metrics = ["f1", "a # b"]'), [
    ['metrics', 'key'],
    ['=', 'plain'],
    ['[', 'bracket'],
    ['"f1"', 'string'],
    [',', 'plain'],
    ['"a # b"', 'string'],
    [']', 'bracket']
  ]);
  assert.deepEqual(words('bf16 = true'), [
    ['bf16', 'key'],
    ['=', 'plain'],
    ['true', 'atom']
  ]);
  assert.deepEqual(words('[optim_args]'), [['[optim_args]', 'table']]);
  assert.deepEqual(words('n = -1_000.5'), [
    ['n', 'key'],
    ['=', 'plain'],
    ['-1_000.5', 'number']
  ]);
});

test('an open bracket continues in the next line, an open string does not', () => {
  const state = startState();
  words('metrics = [', state);
  assert.deepEqual(words('  "f1", # one', state), [
    ['"f1"', 'string'],
    [',', 'plain'],
    ['# one', 'comment']
  ]);
  assert.deepEqual(words(']', state), [[']', 'bracket']]);
  assert.deepEqual(words('seed = 1', state)[0], ['seed', 'key']);
  words('model = "dem', state);
  assert.deepEqual(words('seed = 1', state)[0], ['seed', 'key']);
});

test('the magic line', () => {
  const line = '%%finetune --out run --resume "my run"';
  assert.deepEqual(
    magicTokens(line).map(({ from, to, kind }) => [line.slice(from, to), kind]),
    [
      ['%%finetune', 'magic'],
      ['--out', 'option'],
      ['run', 'plain'],
      ['--resume', 'option'],
      ['"my run"', 'string']
    ]
  );
});

test('statements: positions of keys and values', () => {
  const text = '%%finetune\nmodel = "demo"  # it\n\nmetrics = [\n  "f1", # one\n]\nseed =\nlr 3\n';
  const at = (from: number, to: number): string => (from < 0 ? '' : text.slice(from, to));
  assert.deepEqual(
    statements(text).map(s => [s.key, s.line, at(s.keyFrom, s.keyTo), at(s.valueFrom, s.valueTo)]),
    [
      ['model', 1, 'model', '"demo"'],
      ['metrics', 3, 'metrics', '[\n  "f1", # one\n]'],
      ['seed', 6, 'seed', ''],
      ['lr', 7, 'lr', '']
    ]
  );
  assert.deepEqual(
    bodyLines(text).map(line => line.continues),
    [false, false, false, true, true, false, false, false]
  );
});

const timing = { skip: !process.env.NBTRAIN_TIMING };

test('a body of 200 lines is tokenized quickly enough for typing', timing, () => {
  const text =
    '%%finetune\n' + 'learning_rate = 3e-4  # small\nmetrics = ["f1", "accuracy"]\n'.repeat(100);
  bodyLines(text);
  const start = performance.now();
  bodyLines(text);
  assert.ok(performance.now() - start < 100);
});
