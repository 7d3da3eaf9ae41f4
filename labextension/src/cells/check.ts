/**
 * Checks a cell in the browser when its kernel cannot respond; loaded on demand.
 *
 * It reports the first syntax error, or else unknown keys, and values of the wrong type or outside of the choices. What
 * it reports, the kernel reports, too; the kernel finds more.
 */

import { TomlError, parse } from 'smol-toml';

import { magicOf } from '../common/magic.js';
import type { Problem } from '../kernel/protocol';
import { closest } from './closest.js';
import { problemOf } from './field.js';
import type { Finding } from './field.js';
import type { CellSchema, Option } from './schema.js';
import { statements } from './statements.js';
import { magicTokens } from './tokens.js';

/** The problems of a fine-tune cell; without a schema, a syntax error only. */
export function check(text: string, schema: CellSchema | null): Problem[] {
  const magic = magicOf(text);
  if (magic === null) {
    return [];
  }
  const above = magic.line + 1;
  const magicLine = text.split('\n')[magic.line] ?? '';
  const unknown = schema === null ? [] : unknownOption(magicLine, above, schema.options);
  if (isUnread(magicLine, schema?.options ?? [])) {
    return unknown;
  }
  const body = text.split('\n').slice(above).join('\n');
  const values = readToml(body);
  if (values instanceof TomlError) {
    return [...unknown, syntaxError(values, above)];
  }
  const lines = new Map(statements(text).map(statement => [statement.key, statement.line + 1]));
  const found = Object.entries(values).flatMap(([key, value]): Problem[] => {
    const wrong = schema === null ? null : checkValue(key, value, schema);
    return wrong === null ? [] : [{ line: lines.get(key) ?? above, key, ...wrong }];
  });
  return [...unknown, ...found];
}

/** Integers as `bigint`, floats as `number`: TOML distinguishes 3 and 3.0. */
function readToml(text: string): Record<string, unknown> | TomlError {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    if (error instanceof TomlError) {
      return error;
    }
    throw error;
  }
}

function syntaxError(error: TomlError, above: number): Problem {
  const what = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
  const message = `Invalid TOML: ${what} (column ${error.column}).`;
  return { line: above + error.line, key: null, message, fix: null, edit: null };
}

function checkValue(key: string, value: unknown, schema: CellSchema): Finding | null {
  const field = schema.keys.get(key)?.field;
  if (field !== undefined) {
    return problemOf(field, value);
  }
  const meant = schema.otherNames.get(key.toLowerCase()) ?? closest(key, schema.keys.keys());
  const message = `Unknown key \`${key}\`.`;
  return meant === null
    ? { message, fix: '`%finetune --help` lists every key.', edit: null }
    : { message, fix: `Did you mean \`${meant}\`?`, edit: { part: 'key', text: meant, old: '' } };
}

/** The first option that does not exist; IPython takes the beginning of a name, and inserts variables. */
function unknownOption(line: string, at: number, options: readonly Option[]): Problem[] {
  const words = /[${]/.test(line) ? [] : magicTokens(line).filter(one => one.kind === 'option');
  const names = options.map(option => option.name);
  const isKnown = (word: string): boolean => names.some(name => name.startsWith(word.split('=')[0] ?? ''));
  const unknown = words.map(word => line.slice(word.from, word.to)).find(word => !isKnown(word));
  if (unknown === undefined) {
    return [];
  }
  const meant = closest(unknown, names);
  const found = { line: at, key: null, message: `Unknown option \`${unknown}\`.` };
  return meant === null
    ? [{ ...found, fix: '`%finetune --help` lists every option.', edit: null }]
    : [{ ...found, fix: `Did you mean \`${meant}\`?`, edit: { part: 'word', text: meant, old: unknown } }];
}

/** Whether the body is not read, given the options of the magic line. */
function isUnread(line: string, options: readonly Option[]): boolean {
  const words = new Set(line.split(/[\s=]/));
  return options.some(({ name, body }) => body === 'unread' && words.has(name));
}
