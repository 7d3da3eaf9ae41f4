/** Finds Python in a cell, such as `train = df` or `TrainingArguments(...)`, and says it in TOML. */

import type { Problem } from '../kernel/protocol';
import { brokenLine } from './broken.js';
import { hasReferences, problemOf } from './field.js';
import type { Field } from './field.js';
import type { Expression } from './expression.js';
import { parseLiteral, parseStatement } from './expression.js';
import type { CellSchema } from './schema.js';
import { written } from './toml.js';
import { advice, replacement } from './wording.js';

const MAX_LINES = 200;
const PATH = /^(?:[rRuU]?"([^"']*\\[^"']*)"|[rR]'([^'"]*)')$/;
const DATASET = /^\s*dataset\s*=/;
const OPTION = /--(\w+)[ =]+([^\s-]\S*)/g;
const MODELS = ['model', 'tokenizer'];

/** Lines that are Python: those from `start` to before `end`. */
interface PythonLines {
  start: number;
  end: number;
  problem: Problem;
}

type Pair = [string, Expression];

/** The Python that begins at a line of invalid TOML; null if TOML's own fix is better. */
export function findPython(
  lines: string[],
  start: number,
  schema: CellSchema
): PythonLines | null {
  const line = lines[start] ?? '';
  const path = pathProblem(line);
  if (path !== null) {
    return { start, end: start + 1, problem: { ...path, line: start + 1 } };
  }
  const options = line.trimStart().startsWith('--') ? [...line.matchAll(OPTION)] : [];
  if (options.length > 0) {
    const pairs = options.map(([, name = '', value = '']): Pair => [name, parseLiteral(value)]);
    const problem = several('These are options of a command line', pairs, start, schema);
    return { start, end: start + 1, problem };
  }
  for (const { end, text } of candidates(lines, start)) {
    const statement = parseStatement(text);
    if (statement === null) {
      continue;
    }
    const { target, value } = statement;
    const pairs = isKnown(value.pairs, schema) ? value.pairs : [];
    const field = schema.keys.get(target ?? '')?.field;
    if (pairs.length > 0 && field === undefined) {
      return { start, end, problem: several('This is Python', pairs, start, schema) };
    }
    if (field !== undefined) {
      const isBare = field.split && value.kind === 'name' && !lines.some(one => DATASET.test(one));
      const name = value.source;
      const fix = isBare
        ? `Run the cell that defines \`${name}\`, and write ${field.name} = "$${name}".`
        : fixOfValue(field, value);
      const message = `\`${field.name}\`: this value is in Python; a cell is written in TOML.`;
      const problem = { line: start + 1, key: field.name, message, fix };
      return fix === null ? null : { start, end, problem };
    }
  }
  return null;
}

/** The problem of a path of Windows, whose backslashes TOML takes for escapes. */
function pathProblem(line: string): Problem | null {
  const broken = brokenLine(line);
  const match = PATH.exec(broken?.value ?? '');
  if (broken === null || match === null) {
    return null;
  }
  return {
    line: null,
    key: broken.key,
    message: 'In double quotes, a backslash begins an escape such as `\\n`.',
    fix: `Write ${broken.key} = '${match[1] ?? match[2]}', in single quotes.`
  };
}

/** Texts that may be a statement, each with the line after it; also the inside of a call or a dict. */
function* candidates(lines: string[], start: number): Generator<{ end: number; text: string }> {
  for (let end = start + 1; end <= Math.min(lines.length, start + MAX_LINES); end++) {
    const text = lines.slice(start, end).join('\n').trim();
    if (parseStatement(text) !== null) {
      yield { end, text };
      return;
    }
    if (count(text, '([{') <= count(text, ')]}')) {
      break;
    }
  }
  const line = (lines[start] ?? '').trim();
  yield { end: start + 1, text: `dict(${line})` };
  yield { end: start + 1, text: `{${line}}` };
}

function count(text: string, letters: string): number {
  return [...text].filter(letter => letters.includes(letter)).length;
}

/** Whether any of these names is a key of a cell. */
function isKnown(pairs: Pair[], schema: CellSchema): boolean {
  const known = [schema.keys, schema.otherNames, schema.replaced, schema.advice];
  return pairs.some(([name]) => known.some(names => names.has(name)));
}

/** The problem of code with several keys. */
function several(what: string, pairs: Pair[], start: number, schema: CellSchema): Problem {
  const lines = pairs.flatMap(([name, value]) => lineOf(name, value, schema) ?? []);
  return {
    line: start + 1,
    key: null,
    message: `${what}; in a cell, each key has a line of its own.`,
    fix: lines.length > 0 ? ['Write:', ...lines].join('\n    ') : 'Remove it.'
  };
}

/** The line of a cell for an argument in Python; null for a default. */
function lineOf(name: string, { value, source }: Expression, schema: CellSchema): string | null {
  if (value === null) {
    return null;
  }
  if (value === undefined) {
    return `# ${name} = ${source}  # assign it to a variable first`;
  }
  const field = schema.keys.get(name)?.field;
  if (field !== undefined) {
    return `${name} = ${written(asWritten(field, value))}`;
  }
  const line = replacement(name, value, schema);
  return line === null && advice(name, value, schema) === null ? `# ${name} is no key` : line;
}

/** A float without a fraction as an integer, if the key takes numbers. */
function asWritten(field: Field, value: unknown): unknown {
  const isWhole = typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e7;
  return isWhole && field.kinds.has('float') ? BigInt(value) : value;
}

/** The fix for `key = value` in Python; null for values that TOML's own fix corrects. */
function fixOfValue(field: Field, given: Expression): string | null {
  const isBareTuple = given.kind === 'tuple' && !given.source.startsWith('(');
  const [only] = given.items;
  const isOne = isBareTuple && only !== undefined && given.items.length === 1;
  const expression = isOne ? only : given; // a comma after the value
  const isTexts = expression.items.every(item => typeof item.value === 'string');
  const isNumber = expression.kind === 'constant' || expression.kind === 'name';
  if (isNumber || (expression.kind === 'tuple' && isBareTuple && !isTexts)) {
    return null; // maybe a decimal comma, or a word
  }
  const { key, source } = { key: field.name, source: expression.source };
  if (expression.value !== undefined) {
    return refusal(field, expression.value) ?? `Write ${key} = ${written(expression.value)}.`;
  }
  if (!expression.isCode && (expression.kind === 'list' || expression.hasNames)) {
    return null; // a word, or words
  }
  if (expression.kind === 'operation' && !expression.hasNames) {
    const how = `assign value = ${source} in a cell above and write ${key} = "$value".`;
    return `Write the number itself, or ${how}`;
  }
  const name = MODELS.includes(key) ? key : `my_${key}`;
  return `Assign it to a variable in a cell above, ${name} = ${source}, and write ${key} = "$${name}".`;
}

/** What the key takes, if it does not take the value. */
function refusal(field: Field, value: unknown): string | null {
  const wrong = hasReferences(value) ? null : problemOf({ ...field, path: false }, value);
  return wrong === null ? null : (wrong.fix ?? `\`${field.name}\` takes ${field.allowed}.`);
}
