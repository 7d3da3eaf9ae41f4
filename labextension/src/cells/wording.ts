/** Error messages for values, identical to those of the kernel's parser. */

import { closest } from './closest.js';
import { tomlFloat } from './loose.js';
import type { Key } from './schema.js';

/** An error of the validator: the keyword of the schema, and its parameters. */
export interface Fault {
  keyword: string;
  params: Record<string, unknown>;
}

export interface Wording {
  message: string;
  fix: string | null;
}

export function unknownKey(
  key: string,
  keys: Iterable<string>,
  others: ReadonlyMap<string, string>
): Wording {
  const meant = others.get(key.toLowerCase()) ?? closest(key, keys);
  const fix = meant === null ? '`%finetune --help` lists every key.' : `Did you mean \`${meant}\`?`;
  return { message: `Unknown key \`${key}\`.`, fix };
}

/** @param value As in TOML: integers as `bigint`, floats as `number`. */
export function wrongValue(key: Key, value: unknown, faults: Fault[]): Wording {
  if (typeof value === 'string' && value.startsWith('$')) {
    return {
      message:
        `\`${key.name} = ${shown(value)}\`: ` +
        '`$` must be followed by the name of one variable.',
      fix: `Assign the value to a variable first, then write ${key.name} = "$name".`
    };
  }
  const bound = boundOf(value, faults);
  if (bound !== null) {
    return { message: `\`${key.name}\` must be ${bound}, got ${shown(value)}.`, fix: null };
  }
  const expected = `\`${key.name}\`: expected ${key.allowed || 'another value'}`;
  const choices = choicesOf(faults);
  if (typeof value === 'string' && choices.length > 0) {
    return {
      message: `${expected}, got ${shown(value)}.`,
      fix: didYouMean(value, choices)
    };
  }
  return {
    message: `${expected}, got ${described(value)}.`,
    fix: kindFix(key, value, faults)
  };
}

export function bothGiven(keys: string[]): Wording {
  const names = keys.map(key => `\`${key}\``).join(' and ');
  return { message: `${names} are both given.`, fix: 'Keep one of them.' };
}

export function missing(keys: string[]): Wording {
  return { message: `${keys.map(key => `\`${key}\``).join(' or ')} is missing.`, fix: null };
}

/** A value as TOML, shortened. */
export function shown(value: unknown): string {
  const text = written(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function written(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(written).join(', ')}]`;
  }
  if (typeof value === 'number') {
    return tomlFloat(value);
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    const entries = Object.entries(value).map(
      ([name, part]) => `${JSON.stringify(name)}: ${written(part)}`
    );
    return `{${entries.join(', ')}}`;
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function described(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return shown(value);
    case 'bigint':
      return `the integer ${shown(value)}`;
    case 'number':
      return `the number ${shown(value)}`;
    case 'string':
      return `the string ${shown(value)}`;
    default:
      return `the ${Array.isArray(value) ? 'list' : 'table'} ${shown(value)}`;
  }
}

/** The bound that a number of the right type violates, in words. */
function boundOf(value: unknown, faults: Fault[]): string | null {
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  const mustBeWhole = faults.some(
    fault => fault.keyword === 'type' && fault.params['type'] === 'integer'
  );
  const limit = (keyword: string): unknown =>
    faults.find(fault => fault.keyword === keyword)?.params['limit'];
  if (!isNumber || mustBeWhole) {
    return null;
  }
  const above = limit('exclusiveMinimum');
  const least = limit('minimum');
  const below = limit('exclusiveMaximum');
  const bounds = [
    above === undefined ? '' : `greater than ${above}`,
    least === undefined ? '' : `at least ${least}`,
    below === undefined ? '' : `less than ${below}`
  ];
  return bounds.find(Boolean) ?? null;
}

/** A fix for a value of the wrong type, if there is an obvious one. */
function kindFix(key: Key, value: unknown, faults: Fault[]): string | null {
  const kinds = new Set(
    faults.filter(fault => fault.keyword === 'type').flatMap(fault => fault.params['type'] ?? [])
  );
  if (typeof value === 'string') {
    const bare = value.trim().toLowerCase();
    const isBoolean = kinds.has('boolean') && (bare === 'true' || bare === 'false');
    const isNumber =
      (kinds.has('number') || kinds.has('integer')) && bare !== '' && Number.isFinite(Number(bare));
    if (isBoolean || isNumber) {
      return `Write ${key.name} = ${bare}, without quotes.`;
    }
    return kinds.has('array') ? `Write ${key.name} = [${shown(value)}].` : null;
  }
  const isWhole = typeof value === 'number' && Number.isInteger(value);
  return isWhole && kinds.has('integer') ? `Write ${key.name} = ${value}.` : null;
}

function didYouMean(word: string, choices: string[]): string | null {
  const meant = closest(word, choices);
  return meant === null ? null : `Did you mean \`${meant}\`?`;
}

/** The strings to choose from; empty if "none" is the only one. */
function choicesOf(faults: Fault[]): string[] {
  const allowed = faults
    .filter(fault => fault.keyword === 'enum')
    .flatMap(fault => fault.params['allowedValues'] as unknown[]);
  const texts = allowed.filter((choice): choice is string => typeof choice === 'string');
  return texts.some(choice => choice !== 'none') ? texts : [];
}
