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
    model: field(['str', 'object'], { path: true }),
    learning_rate: field(['float'], { above: 0, bounds: ' greater than 0', optional: true }),
    num_train_epochs: field(['float'], { above: 0, bounds: ' greater than 0', example: '3' }),
    seed: field(['int'], { low: 0, bounds: ' of at least 0' }),
    bf16: field(['bool']),
    lr_scheduler_type: field(['str'], { choices: ['linear', 'cosine'] }),
    callbacks: field(['list'])
  },
  'x-required': [
    { keys: ['model'], message: '`model` is missing.', fix: 'model = "demo"' },
    { keys: ['callbacks', 'seed'], message: '`callbacks` is missing.', fix: 'seed = 1' }
  ],
  'x-conflicts': [
    { given: { bf16: true, callbacks: null }, key: 'callbacks', message: '`callbacks`: no `bf16`.', fix: 'Keep one.' }
  ],
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

test('every problem, with its line, key, value and fix', () => {
  const problems = check(TEXT, SCHEMA);
  assert.deepEqual(
    problems.map(one => [one.line, one.key, one.fix?.match(/`(.*?)`|Write (\S+ = [^.,]*)/)?.slice(1).join('')]),
    [
      [3, 'lr', 'learning_rate'],
      [4, 'learning_rte', 'learning_rate'],
      [5, 'learning_rate', 'learning_rate = 3e-4'],
      [6, 'num_train_epochs', undefined],
      [7, 'seed', undefined],
      [8, 'bf16', undefined],
      [9, 'lr_scheduler_type', 'cosine'],
      [10, 'callbacks', 'callbacks = ["x"]'],
      [10, 'callbacks', undefined]
    ]
  );
  const given = ['', '', '"3e-4"', ' 0', '-1', '1e-5', '"cosin"', '"x"', '`bf16`'];
  problems.forEach(({ key, message }, index) => {
    assert.ok(message.includes(`\`${key}\``) && message.includes(given[index]!), message);
  });
});

test('missing keys, unless the magic does not need them or a line is invalid', () => {
  const messages = (text: string): string[] => check(text, SCHEMA).map(one => one.message);
  assert.deepEqual(messages('%%finetune\n'), [
    '`model` is missing.',
    '`callbacks` is missing.'
  ]);
  assert.deepEqual(messages('%%finetune\nseed = 1'), ['`model` is missing.']);
  assert.deepEqual(messages('%%finetune --resume run\n'), []);
  assert.deepEqual(messages('%%finetune --resume=run\n'), []);
  assert.equal(messages('%%finetune --resume run\nmodel = 3\n').length, 1);
  assert.deepEqual(messages('%%finetune --list\nmodel = 3\n'), []);
  assert.equal(messages('%%finetune --out list\nmodel = 3\nseed = 1\n').length, 1);
  assert.equal(messages('%%finetune\nmodel = x').length, 1);
});

test('the fix for a syntax error is a value that the key takes', () => {
  const fixes = (line: string): (string | null)[] =>
    check(`%%finetune\nmodel = "m"\ncallbacks = ["a"]\n${line}`, SCHEMA).map(one => one.fix);
  assert.deepEqual(fixes('num_train_epochs = two'), [
    '`num_train_epochs` takes a number greater than 0, for example num_train_epochs = 3.'
  ]);
  assert.deepEqual(fixes('lr_scheduler_type = cosin'), ['Write lr_scheduler_type = "cosine".']);
  assert.deepEqual(fixes('num_train_epochs: 4'), [
    'Write `num_train_epochs = 4`: TOML uses `=`, and strings in quotes.'
  ]);
});

test('3.0 is not an integer, and a name follows a $', () => {
  const [whole, name] = check('%%finetune\nseed = 3.0\nmodel = "m"\nbf16 = "$1"', SCHEMA);
  assert.deepEqual(
    [whole?.message, whole?.fix],
    ['`seed`: expected an integer of at least 0, got the number 3.0.', 'Write seed = 3.']
  );
  assert.match(name?.message ?? '', /followed by the name of one variable/);
});

test('the value is underlined, or an unknown key', () => {
  const places = check(TEXT, SCHEMA).map(problem => {
    const { from, to } = placeOf(TEXT, problem, key => SCHEMA.keys.has(key));
    return TEXT.slice(from, to);
  });
  assert.deepEqual(places, [
    'lr',
    'learning_rte',
    '"3e-4"',
    '0',
    '-1',
    '1e-5',
    '"cosin"',
    '"x"',
    '"x"'
  ]);
});

test('syntax errors, all of them, also without a schema', () => {
  const text = '\n%%finetune\nmodel = bert\nepochs: 3\nseed = 1\n';
  const problems = check(text, null);
  assert.deepEqual(
    problems.map(one => [one.line, one.fix?.match(/`(.*?)`/)?.[1]]),
    [
      [3, 'model = "bert"'],
      [4, 'epochs = 3']
    ]
  );
  assert.match(problems[0]?.message ?? '', /^Invalid TOML: /);
  const place = placeOf(text, problems[0]!, () => true);
  assert.equal(text.slice(place.from, place.to), 'bert');
});

test('lines are checked while others are invalid', () => {
  const problems = check('%%finetune\nmodel = bert\nseed = "x"\n', SCHEMA);
  assert.deepEqual(
    problems.map(one => one.line),
    [2, 3]
  );
});

test('an incomplete text does not stop the check', () => {
  assert.equal(check('%%finetune\ncallbacks = [\n', SCHEMA).length, 1);
  assert.equal(check('%%finetune\nseed =', SCHEMA).length, 1);
});

test('valid cells and other cells have no problems', () => {
  assert.deepEqual(
    check(
      '%%finetune\nmodel = "demo"\ncallbacks = "$x"\nlearning_rate = "none"\nnum_train_epochs = 3.0',
      SCHEMA
    ),
    []
  );
  assert.deepEqual(check('x = ', SCHEMA), []);
});

test('positions of problems from the kernel', () => {
  const text = '%%finetune --out x\nmetrics = [\n "a",\n]\n';
  const at = (line: number | null, key: string | null, message = ''): string => {
    const { from, to } = placeOf(text, { line, key, message, fix: null }, () => true);
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
