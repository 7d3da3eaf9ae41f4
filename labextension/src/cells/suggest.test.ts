import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readSchema, tomlValue } from './schema.js';
import { suggest } from './suggest.js';

const SCHEMA = readSchema({
  properties: {
    model: {
      type: 'string',
      description: 'Model to fine-tune.',
      'x-allowed': 'a string',
      'x-values': ['"demo"']
    },
    metrics: {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      'x-allowed': 'a string or a list',
      'x-values': ['"accuracy"', '"f1"']
    },
    learning_rate: {
      type: 'number',
      default: 5e-5,
      description: 'How far.',
      'x-allowed': 'a number greater than 0'
    },
    num_train_epochs: { type: 'number', default: 3, 'x-allowed': 'a number greater than 0' },
    bf16: { type: 'boolean', 'x-values': ['true', 'false'] },
    callbacks: {
      anyOf: [{ type: 'array' }, { type: 'string', pattern: '^\\$' }],
      'x-values': ['"x"', '"none"']
    }
  },
  'x-options': [
    { name: '--out', value: 'NAME', help: 'Variable for the run.', body: 'whole' },
    { name: '--quiet', value: '', help: 'Show nothing.', body: 'whole' }
  ],
  'x-other-names': { lr: 'learning_rate' }
});

/** What is suggested at the `|`: what it replaces, and what is put there. */
function at(text: string): [string, string[]] | null {
  const offset = text.indexOf('|');
  const whole = text.replace('|', '');
  const found = suggest(whole, offset, SCHEMA);
  return found && [whole.slice(found.from, found.to), found.items.map(item => item.insert)];
}

test('keys, without those that are already given', () => {
  assert.deepEqual(at('%%finetune\nm|'), ['m', ['model = ', 'metrics = ']]);
  assert.deepEqual(at('%%finetune\nmodel = "demo"\nm|'), ['m', ['metrics = ']]);
  assert.deepEqual(at('%%finetune\nm|\nmodel = "demo"'), ['m', ['metrics = ']]);
  assert.deepEqual(at('%%finetune\nmod| = 3'), ['mod', ['model']]);
});

test('a key is found by a part of its name, or by its name in other tools', () => {
  assert.deepEqual(at('%%finetune\nepochs|'), ['epochs', ['num_train_epochs = ']]);
  assert.deepEqual(at('%%finetune\nlr|'), ['lr', ['learning_rate = ']]);
});

test('values, with and without the quotation mark', () => {
  assert.deepEqual(at('%%finetune\nmodel = |'), ['', ['"demo"']]);
  assert.deepEqual(at('%%finetune\nmodel = de|'), ['de', ['"demo"']]);
  assert.deepEqual(at('%%finetune\nmodel = "d|"'), ['"d"', ['"demo"']]);
  assert.deepEqual(at('%%finetune\nbf16 = t|'), ['t', ['true']]);
  assert.deepEqual(at('%%finetune\nlearning_rate = |'), ['', ['5e-5']]);
});

test('values in a list, without those that it already has', () => {
  assert.deepEqual(at('%%finetune\nmetrics = ["accuracy", |]'), ['', ['"f1"']]);
  assert.deepEqual(at('%%finetune\nmetrics = [\n  "f1",\n  "a|"\n]'), ['"a"', ['"accuracy"']]);
  assert.deepEqual(at('%%finetune\ncallbacks = |'), ['', ['["x"]', '"none"']]);
});

test('options of the magic, without those that are already given', () => {
  assert.deepEqual(at('%%finetune --|'), ['--', ['--out ', '--quiet']]);
  assert.deepEqual(at('%%finetune --quiet |\nmodel = 1'), ['', ['--out ']]);
  assert.equal(at('%%finetune --out r|'), null);
});

test('nothing in comments, after a list, for unknown keys, and in other cells', () => {
  assert.equal(at('%%finetune\n# m|'), null);
  assert.equal(at('%%finetune\nmetrics = ["f1"] |'), null);
  assert.equal(at('%%finetune\nnothing = |'), null);
  assert.equal(at('m|'), null);
});

test('while one types: none for an empty or a complete word, and none for numbers', () => {
  const typing = (text: string): string[] | null => {
    const offset = text.indexOf('|');
    return suggest(text.replace('|', ''), offset, SCHEMA, true)?.items.map(item => item.label) ?? null;
  };
  assert.deepEqual(typing('%%finetune\nm|'), ['model', 'metrics']);
  assert.deepEqual(typing('%%finetune\nmetrics = "|"'), ['"accuracy"', '"f1"']);
  assert.deepEqual(typing('%%finetune\nmetrics = ["accuracy", "f|"]'), ['"f1"']);
  assert.deepEqual(typing('%%finetune --o|'), ['--out']);
  assert.deepEqual(typing('%%finetune\nbf16 = t|'), ['true']);
  assert.deepEqual(typing('%%finetune\nmodel = "$d|"'), []);
  assert.equal(typing('%%finetune\n|'), null);
  assert.equal(typing('%%finetune\nmodel|'), null);
  assert.equal(typing('%%finetune\nnum_train_epochs = 3|'), null);
  assert.equal(typing('%%finetune\nlearning_rate = 5|'), null);
});

test('variables where a value may be a reference', () => {
  const text = '%%finetune\nmodel = "$d"';
  assert.equal(suggest(text, text.length - 1, SCHEMA)?.variables, true);
});

test('each suggestion has its help', () => {
  const [item] = suggest('%%finetune\nlearn', 16, SCHEMA)?.items ?? [];
  const [help, takes, initial] = item?.help.split(/\n+/) ?? [];
  assert.equal(help, 'How far.');
  assert.match(takes ?? '', /number.* 0\b/);
  assert.match(initial ?? '', /5e-5$/);
  assert.equal(
    suggest('%%finetune --o', 14, SCHEMA)?.items[0]?.help,
    '--out NAME\n\nVariable for the run.'
  );
});

test('values as TOML', () => {
  assert.deepEqual([5e-5, 0, 0.1, 3, 'a "b"', true, ['x'], null].map(tomlValue), [
    '5e-5',
    '0',
    '0.1',
    '3',
    '"a \\"b\\""',
    'true',
    '["x"]',
    ''
  ]);
});
