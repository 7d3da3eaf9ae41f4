import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JSONObject } from '@lumino/coreutils';

import { check } from './check.js';
import { closest } from './closest.js';
import { placeOf } from './places.js';
import { readSchema } from './schema.js';

const field = (kinds: string[], more: JSONObject = {}): JSONObject => ({ kinds, ...more });

const SCHEMA = readSchema({
  properties: {
    model: { 'x-allowed': 'a string' },
    learning_rate: { 'x-allowed': 'a number greater than 0 or "none"' },
    num_train_epochs: { 'x-allowed': 'a number greater than 0' },
    seed: { 'x-allowed': 'an integer of at least 0' },
    bf16: { 'x-allowed': 'true or false' },
    lr_scheduler_type: { 'x-allowed': 'one of "linear", "cosine"' },
    callbacks: { 'x-allowed': 'a list' }
  },
  'x-fields': {
    model: field(['str', 'object']),
    learning_rate: field(['float'], { optional: true }),
    num_train_epochs: field(['float']),
    seed: field(['int']),
    bf16: field(['bool']),
    lr_scheduler_type: field(['str'], { choices: ['linear', 'cosine'] }),
    callbacks: field(['list'])
  },
  'x-options': [
    { name: '--out', value: 'NAME', help: 'Variable for the run.', body: 'whole' },
    { name: '--resume', value: 'RUN', help: 'Go on with a run.', body: 'changes' },
    { name: '--list', value: '', help: 'List the runs.', body: 'unread' }
  ],
  'x-other-names': { lr: 'learning_rate' }
});

const TEXT = `%%finetune
model = "demo"
lr = 1
learning_rte = 1
learning_rate = "3e-4"
num_train_epochs = 0   # none
seed = -1
bf16 = 1e-5
lr_scheduler_type = "cosin"
callbacks = "x"
`;

test('unknown keys, types and choices, with line, key, value and closest match', () => {
  const problems = check(TEXT, SCHEMA);
  assert.deepEqual(
    problems.map(one => [one.line, one.key, one.fix]),
    [
      [3, 'lr', 'Did you mean `learning_rate`?'],
      [4, 'learning_rte', 'Did you mean `learning_rate`?'],
      [5, 'learning_rate', null],
      [8, 'bf16', null],
      [9, 'lr_scheduler_type', 'Did you mean `cosine`?'],
      [10, 'callbacks', null]
    ]
  );
  const given = ['', '', '"3e-4"', '1e-5', '"cosin"', '"x"'];
  problems.forEach(({ key, message }, index) => {
    assert.ok(message.includes(`\`${key}\``) && message.includes(given[index]!), message);
  });
});

test('the words are those of the kernel', () => {
  const [first] = check('%%finetune\nseed = 3.0', SCHEMA);
  assert.equal(first?.message, '`seed`: expected an integer of at least 0, got the number 3.0.');
});

test('a body that is not read has no problems, an unknown option is one', () => {
  assert.deepEqual(check('%%finetune --list\nmodel = 3\n', SCHEMA), []);
  assert.equal(check('%%finetune --resume run\nmodel = 3\n', SCHEMA).length, 1);
  assert.deepEqual(
    check('%%finetune --lst\n', SCHEMA).map(one => [one.line, one.message, one.fix]),
    [[1, 'Unknown option `--lst`.', 'Did you mean `--list`?']]
  );
});

test('the value is underlined, or an unknown key', () => {
  const places = check(TEXT, SCHEMA).map(problem => {
    const { from, to } = placeOf(TEXT, problem, key => SCHEMA.keys.has(key));
    return TEXT.slice(from, to);
  });
  assert.deepEqual(places, ['lr', 'learning_rte', '"3e-4"', '1e-5', '"cosin"', '"x"']);
});

test('the first syntax error, also without a schema', () => {
  const text = '\n%%finetune\nseed = 1\nmodel = bert\nepochs: 3\n';
  const [problem, ...others] = check(text, null);
  assert.deepEqual(others, []);
  assert.equal(problem?.line, 4);
  assert.match(problem?.message ?? '', /^Invalid TOML: .* \(column 9\)\.$/);
  const place = placeOf(text, problem!, () => true);
  assert.equal(text.slice(place.from, place.to), 'bert');
});

test('an incomplete text does not stop the check', () => {
  assert.equal(check('%%finetune\ncallbacks = [\n', SCHEMA).length, 1);
  assert.equal(check('%%finetune\nseed =', SCHEMA).length, 1);
});

test('valid cells and other cells have no problems', () => {
  assert.deepEqual(
    check('%%finetune\nmodel = "demo"\ncallbacks = "$x"\nlearning_rate = "none"\nnum_train_epochs = 3.0', SCHEMA),
    []
  );
  assert.deepEqual(check('x = ', SCHEMA), []);
});

test('positions of problems from the kernel', () => {
  const text = '%%finetune --out x\nmetrics = [\n "a",\n]\n';
  const at = (line: number | null, key: string | null, message = ''): string => {
    const { from, to } = placeOf(text, { line, key, message, fix: null, edit: null }, () => true);
    return text.slice(from, to);
  };
  assert.equal(at(null, null), '%%finetune');
  assert.equal(at(2, 'metrics'), '[\n "a",\n]');
  assert.equal(at(3, null, 'Invalid TOML: x (column 2).'), '"a",');
  assert.equal(at(99, null), '%%finetune');
});

test('the closest match', () => {
  assert.equal(closest('learning_rat', ['seed', 'learning_rate']), 'learning_rate');
  assert.equal(closest('zzz', ['seed']), null);
});
