import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isFinetune, magicOf } from './magic.js';

test('a cell is a fine-tune cell by its first word', () => {
  assert.ok(isFinetune('%%finetune'));
  assert.ok(isFinetune('\n  %%finetune --out run\nmodel = "demo"'));
  assert.ok(isFinetune('%%finetune\n'));
  assert.ok(!isFinetune('%%finetuned\n'));
  assert.ok(!isFinetune('%%finetune-x\n'));
  assert.ok(!isFinetune('%finetune --help'));
  assert.ok(!isFinetune('x = 1\n%%finetune'));
});

test('position of the word', () => {
  assert.deepEqual(magicOf('\n\n %%finetune -x'), { from: 3, to: 13, line: 2 });
  assert.equal(magicOf('%%finetune-x'), null);
});
