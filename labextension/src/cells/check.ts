/** Checks a cell in the browser when its kernel cannot respond; loaded on demand. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';

import { magicOf } from '../common/magic.js';
import type { Problem } from '../kernel/protocol';
import { correctedLine } from './broken.js';
import type { CellSchema, Key, Option } from './schema.js';
import { statements } from './statements.js';
import { readToml } from './syntax.js';
import { bothGiven, missing, unknownKey, wrongValue } from './wording.js';

const AJV = new Ajv2020({ allErrors: true, strict: false, validateSchema: false });
const VALIDATORS = new WeakMap<Key, ValidateFunction>();

/** The problems of a fine-tune cell; without a schema, syntax errors only. */
export function check(text: string, schema: CellSchema | null): Problem[] {
  const magic = magicOf(text);
  if (magic === null) {
    return [];
  }
  const above = magic.line + 1;
  const what = bodyOf(text.split('\n')[magic.line] ?? '', schema?.options ?? []);
  if (what === 'unread') {
    return [];
  }
  const body = text.split('\n').slice(above);
  const document = readToml(body.join('\n'));
  const problems: Problem[] = document.problems.map(problem => ({
    ...problem,
    fix: fixForKey(problem, body[(problem.line ?? 0) - 1] ?? '', schema),
    line: (problem.line ?? 0) + above
  }));
  if (schema === null) {
    return problems;
  }
  const lines = new Map(statements(text).map(statement => [statement.key, statement.line + 1]));
  const lineOf = (name: string): number => lines.get(name) ?? above;
  for (const [name, value] of Object.entries(document.values)) {
    const wrong = checkValue(name, value, schema);
    if (wrong !== null) {
      problems.push({ line: lineOf(name), key: name, ...wrong });
    }
  }
  const given = new Set(Object.keys(document.values));
  for (const keys of schema.exclusive.filter(group => group.every(key => given.has(key)))) {
    const last = [...keys].sort((a, b) => lineOf(a) - lineOf(b)).pop() ?? '';
    problems.push({ line: lineOf(last), key: last, ...bothGiven(keys) });
  }
  if (document.problems.length === 0 && what === 'whole') {
    const meant = new Set([...given].map(key => schema.otherNames.get(key.toLowerCase()) ?? key));
    for (const keys of schema.required.filter(group => !group.some(key => meant.has(key)))) {
      problems.push({ line: null, key: null, ...missing(keys) });
    }
  }
  return problems;
}

/** The fix of a syntax error: it proposes only values that the key takes. */
function fixForKey(problem: Problem, line: string, schema: CellSchema | null): string | null {
  const meant = correctedLine(line);
  if (schema === null || meant === null) {
    return problem.fix;
  }
  for (const [name, value] of Object.entries(readToml(meant.line).values)) {
    const key = schema.keys.get(name);
    const wrong = key === undefined ? null : checkValue(name, value, schema);
    if (key !== undefined && wrong !== null) {
      return wrong.fix ?? `\`${name}\` takes ${key.allowed}.`;
    }
  }
  return problem.fix;
}

/** How the body is read, given the options of the magic line. */
function bodyOf(line: string, options: readonly Option[]): Option['body'] {
  const words = new Set(line.split(/[\s=]/));
  const bodies = options.filter(option => words.has(option.name)).map(option => option.body);
  return bodies.includes('unread') ? 'unread' : bodies.includes('changes') ? 'changes' : 'whole';
}

function checkValue(
  name: string,
  value: unknown,
  schema: CellSchema
): Pick<Problem, 'message' | 'fix'> | null {
  const key = schema.keys.get(name);
  if (key === undefined) {
    return unknownKey(name, schema.keys.keys(), schema.otherNames);
  }
  let validate = VALIDATORS.get(key);
  if (validate === undefined) {
    validate = AJV.compile(key.schema);
    VALIDATORS.set(key, validate);
  }
  const plain = plainOf(value);
  // JSON takes 3.0 for an integer, so 3.5 is validated, too: it is within the same bounds.
  const isRight = validate(plain) && (!isWholeFloat(value) || validate(value + 0.5));
  return isRight ? null : wrongValue(key, value, validate.errors ?? []);
}

function isWholeFloat(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

/** The value as JSON. */
function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number(value);
  }
  if (Array.isArray(value)) {
    return value.map(plainOf);
  }
  return value;
}
