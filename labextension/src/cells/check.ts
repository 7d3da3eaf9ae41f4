/**
 * Checks a cell in the browser when its kernel cannot respond; loaded on demand.
 *
 * It knows no variables, and says what the kernel would say in a notebook without any.
 */

import { magicOf } from '../common/magic.js';
import type { Problem } from '../kernel/protocol';
import { brokenLine } from './broken.js';
import { closest } from './closest.js';
import { didYouMean, hasReferences, problemOf, pythonText } from './field.js';
import type { Wording } from './field.js';
import { findPython } from './python.js';
import type { CellSchema, Conflict, Option } from './schema.js';
import { statements } from './statements.js';
import { magicTokens } from './tokens.js';
import { readToml } from './syntax.js';
import type { Document } from './syntax.js';
import { unknownKey } from './wording.js';

const SWITCHES: Record<string, string> = { yes: 'true', on: 'true', no: 'false', off: 'false' };
const METRIC = { minLength: 5, similarity: 0.8 };

/** The problems of a fine-tune cell; without a schema, syntax errors only. */
export function check(text: string, schema: CellSchema | null): Problem[] {
  const magic = magicOf(text);
  if (magic === null) {
    return [];
  }
  const above = magic.line + 1;
  const magicLine = text.split('\n')[magic.line] ?? '';
  const what = bodyOf(magicLine, schema?.options ?? []);
  const unknown = schema === null ? [] : unknownOption(magicLine, above, schema.options);
  if (what === 'unread') {
    return unknown;
  }
  const body = text.split('\n').slice(above);
  const document = schema === null ? readToml(body.join('\n')) : readBody(body, schema);
  const problems = document.problems.map(one => ({ ...one, line: (one.line ?? 0) + above }));
  if (schema === null) {
    return problems;
  }
  const lines = new Map(statements(text).map(statement => [statement.key, statement.line + 1]));
  const lineOf = (name: string): number => lines.get(name) ?? above;
  const report = (key: string, wording: Wording): void => {
    problems.push({ line: lineOf(key), key, ...wording });
  };
  for (const [key, value] of Object.entries(document.values)) {
    const wrong = checkValue(key, value, schema);
    if (wrong !== null) {
      report(key, wrong);
    }
  }
  const isWhole = what === 'whole' && problems.every(one => one.key !== null); // else a key may be missing or not
  const rules = schema.conflicts.filter(one => isWhole || !one.without.length);
  const missing = what === 'whole' ? missingKeys(document, problems, schema) : [];
  for (const { key, message, fix } of rules.filter(one => holds(one, document.values))) {
    report(key, { message, fix });
  }
  for (const metric of misspeltMetrics(document.values['metrics'], schema)) {
    report('metrics', metric);
  }
  return [...unknown, ...problems.sort((a, b) => a.line - b.line), ...missing];
}

/** The first option that does not exist; IPython takes the beginning of a name, and inserts variables. */
function unknownOption(line: string, at: number, options: readonly Option[]): Problem[] {
  const words = /[${]/.test(line) ? [] : magicTokens(line).filter(one => one.kind === 'option');
  const names = options.map(option => option.name);
  const isKnown = (word: string): boolean =>
    names.some(name => name.startsWith(word.split('=')[0] ?? ''));
  const unknown = words.map(word => line.slice(word.from, word.to)).find(word => !isKnown(word));
  if (unknown === undefined) {
    return [];
  }
  const fix = didYouMean(unknown, names) ?? '`%finetune --help` lists every option.';
  return [{ line: at, key: null, message: `Unknown option \`${unknown}\`.`, fix }];
}

/** Read the body. Each fix is a value that its key takes, also if the line is Python. */
function readBody(body: string[], schema: CellSchema): Document {
  const lines = [...body];
  const python: Problem[] = [];
  for (;;) {
    const document = readToml(lines.join('\n'));
    const broken = document.problems.filter(one => one.key === null).map(one => one.line ?? 0);
    const found = broken.map(line => findPython(lines, line - 1, schema)).find(one => one !== null);
    if (found === undefined || found === null) {
      const others = document.problems.map(one => ({
        ...one,
        fix: fixForKey(one, lines[(one.line ?? 0) - 1] ?? '', schema)
      }));
      return { ...document, problems: [...python, ...others] };
    }
    python.push(found.problem);
    lines.fill('', found.start, found.end);
  }
}

/** The fix of a syntax error: it proposes only values that the key takes. */
function fixForKey(problem: Problem, line: string, schema: CellSchema): string | null {
  const broken = brokenLine(line);
  const field = schema.keys.get(broken?.key ?? '')?.field;
  if (broken === null || broken.toml === null || field === undefined) {
    return problem.fix;
  }
  const value = readToml(`x = ${broken.toml}`).values['x'];
  if (hasReferences(value)) {
    return problem.fix;
  }
  const meant = SWITCHES[broken.value.toLowerCase()];
  if (meant !== undefined && field.kinds.has('bool')) {
    return `Write ${field.name} = ${meant}.`;
  }
  const wrong = problemOf({ ...field, path: false }, value);
  if (wrong === null) {
    return problem.fix;
  }
  const choice = closest(pythonText(value), field.choices);
  const example = field.example === '' ? '' : `, for example ${field.name} = ${field.example}`;
  return choice === null
    ? (wrong.fix ?? `\`${field.name}\` takes ${field.allowed}${example}.`)
    : `Write ${field.name} = "${choice}".`;
}

/** How the body is read, given the options of the magic line. */
function bodyOf(line: string, options: readonly Option[]): Option['body'] {
  const words = new Set(line.split(/[\s=]/));
  const bodies = options.filter(option => words.has(option.name)).map(option => option.body);
  return bodies.includes('unread') ? 'unread' : bodies.includes('changes') ? 'changes' : 'whole';
}

function checkValue(name: string, value: unknown, schema: CellSchema): Wording | null {
  const field = schema.keys.get(name)?.field;
  return field === undefined ? unknownKey(name, value, schema) : problemOf(field, value);
}

/** Required keys that are not there. An invalid key counts as given; a broken line may be any key. */
function missingKeys(document: Document, problems: Problem[], schema: CellSchema): Problem[] {
  if (problems.some(problem => problem.key === null)) {
    return [];
  }
  const given = [...Object.keys(document.values), ...problems.map(problem => problem.key ?? '')];
  const meant = new Set(given.map(key => schema.otherNames.get(key.toLowerCase()) ?? key));
  return schema.required
    .filter(rule => !rule.keys.some(key => meant.has(key)))
    .map(({ message, fix }) => ({ line: null, key: null, message, fix }));
}

function holds(conflict: Conflict, values: Record<string, unknown>): boolean {
  if (conflict.without.some(key => key in values)) {
    return false;
  }
  return Object.entries(conflict.given).every(([key, meant]) => {
    const value = values[key];
    return key in values && (meant === null || (meant === true ? Boolean(value) : value === meant));
  });
}

function misspeltMetrics(value: unknown, schema: CellSchema): Wording[] {
  const names = (Array.isArray(value) ? value : [value]).filter(
    (name): name is string => typeof name === 'string'
  );
  return names.flatMap(name => {
    const isLeft = schema.metrics.includes(name) || [...name].length < METRIC.minLength;
    const meant = isLeft ? null : closest(name, schema.metrics, METRIC.similarity);
    const fix = `Did you mean "${meant}"?`;
    return meant === null ? [] : [{ message: `Unknown metric "${name}".`, fix }];
  });
}
