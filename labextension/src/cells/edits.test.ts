import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Edit, Problem } from '../kernel/protocol';
import { changeOf } from './edits.js';

/** The text after the change. */
function mended(text: string, edit: Partial<Edit>, line: number, key: string | null = null): string | null {
  const whole: Edit = { part: 'value', text: '', old: '', ...edit };
  const problem: Problem = { line, key, message: '', fix: '', edit: whole };
  const change = changeOf(text, problem);
  return change && text.slice(0, change.from) + change.insert + text.slice(change.to);
}

test('a key, a value, a line and a word', () => {
  const text = '%%finetune --ot run\nsed = "4"  # mine\nmetrics = [\n  "f1", # one\n  "acuracy"\n]\nbf16: yes  # x\n';
  const after = (edit: Partial<Edit>, line: number, key: string | null = null): string | undefined =>
    mended(text, edit, line, key)?.split('\n')[line - 1];
  assert.equal(after({ part: 'key', text: 'seed' }, 2, 'sed'), 'seed = "4"  # mine');
  assert.equal(after({ text: '4' }, 2, 'sed'), 'sed = 4  # mine');
  assert.equal(after({ part: 'line', text: 'optim = "x"' }, 2, 'sed'), 'optim = "x"  # mine');
  assert.equal(after({ part: 'line', text: 'bf16 = true' }, 7), 'bf16 = true  # x');
  assert.equal(after({ part: 'word', text: '--out', old: '--ot' }, 1), '%%finetune --out run');
  const word = mended(text, { part: 'word', text: '"accuracy"', old: 'acuracy' }, 3, 'metrics');
  assert.equal(word?.split('\n')[4], '  "accuracy"');
});

test('nothing if the text has changed since', () => {
  assert.equal(mended('%%finetune\nseed = 4\n', { part: 'key', text: 'x' }, 2, 'sed'), null);
  assert.equal(mended('%%finetune\n', { text: '4' }, 2, 'seed'), null);
  assert.equal(mended('%%finetune --out x\n', { part: 'word', text: '--out', old: '--ot' }, 1), null);
});
