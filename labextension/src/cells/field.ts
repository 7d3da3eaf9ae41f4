/** Checks the value of a key, by the rules and in the words of the kernel's `Field`. */

import type { JSONObject } from '@lumino/coreutils';

import { closest } from './closest.js';
import { looseNumber } from './loose.js';
import { shown, written } from './toml.js';

type Kind = 'bool' | 'int' | 'float' | 'str' | 'list' | 'dict' | 'object';

export interface Wording {
  message: string;
  fix: string | null;
}

/** What the values of a key must be. */
export interface Field {
  name: string;
  /** In words. */
  allowed: string;
  kinds: ReadonlySet<string>;
  choices: string[];
  optional: boolean;
  low: number;
  above: number;
  below: number;
  /** The bounds in words, with a blank before them. */
  bounds: string;
  /** The default of a share of a whole, in TOML, or "". */
  share: string;
  hint: string;
  /** A value in TOML, or "". */
  example: string;
  /** Whether it names columns. */
  columns: boolean;
  /** Whether it may be a path. */
  path: boolean;
  /** Whether it is the data of one split. */
  split: boolean;
}

const NOUNS: Record<Kind, string> = {
  bool: '',
  int: 'the integer ',
  float: 'the number ',
  str: 'the string ',
  list: 'the list ',
  dict: 'the table ',
  object: 'an object of type '
};
const NAME = String.raw`[A-Za-z_][\w\u0080-\uffff]*`;
const REFERENCE = new RegExp(`^\\$${NAME}$`);
const ESCAPED: Record<string, string> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e'
};

export function readField(name: string, allowed: string, json: JSONObject): Field {
  const words = (part: string): string[] => {
    const found = json[part];
    return Array.isArray(found) ? found.map(String) : [];
  };
  const text = (part: string): string => {
    const found = json[part];
    return typeof found === 'string' ? found : '';
  };
  const bound = (part: string, otherwise: number): number => {
    const found = json[part];
    return typeof found === 'number' ? found : otherwise;
  };
  return {
    name,
    allowed,
    kinds: new Set(words('kinds')),
    choices: words('choices'),
    optional: json['optional'] === true,
    low: bound('low', -Infinity),
    above: bound('above', -Infinity),
    below: bound('below', Infinity),
    bounds: text('bounds'),
    share: text('share'),
    hint: text('hint'),
    example: text('example'),
    columns: json['columns'] === true,
    path: json['path'] === true,
    split: json['split'] === true
  };
}

/**
 * What is wrong with a value; null if nothing is. A variable may hold anything: only its name is
 * checked.
 *
 * @param given As in TOML: integers as `bigint`, floats as `number`.
 */
export function problemOf(field: Field, given: unknown): Wording | null {
  if (hasReferences(given)) {
    return malformed(field, given);
  }
  if (isNone(field, given)) {
    return null;
  }
  const { kind, value } = typed(field, given);
  if (field.kinds.has('object') && isObject(field, kind, value)) {
    return null;
  }
  if (!field.kinds.has(kind)) {
    const message = `\`${field.name}\`: expected ${field.allowed}, got ${described(value, kind)}.`;
    return { message, fix: kindFix(field, value, kind) };
  }
  if (typeof value === 'string' && field.choices.length > 0 && !field.choices.includes(value)) {
    const message = `\`${field.name}\`: expected ${field.allowed}, got ${shown(value)}.`;
    const only = field.choices.length === 1 ? `Write ${field.name} = "${field.choices[0]}".` : null;
    return { message, fix: didYouMean(value, field.choices) ?? only };
  }
  if ((kind === 'int' || kind === 'float') && !isWithin(field, Number(value))) {
    const message = `\`${field.name}\` must be ${boundWords(field, value)}, got ${shown(value)}.`;
    return { message, fix: boundFix(field, Number(value)) };
  }
  if (field.columns && Array.isArray(value) && !areTexts(value)) {
    const isFlat = value.every(item => ['string', 'bigint', 'boolean'].includes(typeof item));
    const fix = isFlat ? `Write ${field.name} = ${written(value.map(pythonText))}.` : null;
    const message = `\`${field.name}\`: names of columns are strings, got ${described(value, kind)}.`;
    return { message, fix };
  }
  return field.path && typeof value === 'string' ? escaped(field, value) : null;
}

/** Whether a value is, or has in its list, the name of a variable. */
export function hasReferences(value: unknown): boolean {
  return (Array.isArray(value) ? value : [value]).some(isReference);
}

export function didYouMean(word: string, choices: Iterable<string>): string | null {
  const meant = closest(word, choices);
  return meant === null ? null : `Did you mean \`${meant}\`?`;
}

function isReference(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('$');
}

function malformed(field: Field, value: unknown): Wording | null {
  const names = (Array.isArray(value) ? value : [value]).filter(isReference);
  const wrong = names.find(name => !REFERENCE.test(name));
  return wrong === undefined
    ? null
    : {
        message: `\`${field.name} = "${wrong}"\`: \`$\` must be followed by the name of one variable.`,
        fix: `Assign the value to a variable first, then write ${field.name} = "$name".`
      };
}

function isNone(field: Field, value: unknown): boolean {
  const isWord = typeof value === 'string' && value.toLowerCase() === 'none';
  return field.optional && isWord && !field.choices.includes('none');
}

/** Integers are floats for a key that takes only these. */
function typed(field: Field, given: unknown): { kind: Kind; value: unknown } {
  const kind = kindOf(given);
  return kind === 'int' && field.kinds.has('float') && !field.kinds.has('int')
    ? { kind: 'float', value: Number(given) }
    : { kind, value: given };
}

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'str';
    default:
      return Array.isArray(value) ? 'list' : value instanceof Date ? 'object' : 'dict';
  }
}

function isObject(field: Field, kind: Kind, value: unknown): boolean {
  const isData = Array.isArray(value) && !field.kinds.has('list') && !areTexts(value);
  return kind === 'object' || kind === 'dict' || isData;
}

function areTexts(values: unknown[]): boolean {
  return values.every(item => typeof item === 'string');
}

function described(value: unknown, kind: Kind): string {
  return NOUNS[kind] + (kind === 'object' ? dateType(value) : shown(value));
}

/** The type of a date or time in Python. */
function dateType(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return /\d[T ]\d/.test(text) ? 'datetime' : text.includes(':') ? 'time' : 'date';
}

function isWithin(field: Field, value: number): boolean {
  const isNumber = !field.kinds.has('float') || Number.isFinite(value);
  return isNumber && value >= field.low && value > field.above && value < field.below;
}

/** The bound that a number of the right type violates, in words. */
function boundWords(field: Field, value: unknown): string {
  const size = Math.abs(Number(value));
  if (field.kinds.has('float') && size === Infinity) {
    return `a finite number${field.bounds}`;
  }
  return field.bounds.trim().replace(/^of /, '') || 'a number';
}

/** A fix for a share, which may have been written in percent. */
function boundFix(field: Field, value: number): string | null {
  if (field.share === '') {
    return null;
  }
  const share = value >= 2 && value < 100 ? written(value / 100) : field.share;
  return `Write ${field.name} = ${share}, for example.`;
}

/** A fix for a value of the wrong kind, if there is an obvious one. */
function kindFix(field: Field, value: unknown, kind: Kind): string | null {
  if (typeof value === 'string') {
    const bare = value.trim().toLowerCase();
    if (field.kinds.has('bool') && (bare === 'true' || bare === 'false')) {
      return `Write ${field.name} = ${bare}, without quotes.`;
    }
    const takesNumbers = field.kinds.has('int') || field.kinds.has('float');
    const number = takesNumbers ? looseNumber(bare) : null;
    if (number !== null) {
      return `Write ${field.name} = ${number}, without quotes.`;
    }
    if (field.kinds.has('list')) {
      return `Write ${field.name} = [${shown(value)}].`;
    }
  }
  if (kind === 'float' && field.kinds.has('int') && Number.isInteger(value)) {
    return `Write ${field.name} = ${BigInt(value as number)}.`;
  }
  if (kind === 'int' && field.columns) {
    return `Write ${field.name} = "${value}".`;
  }
  return field.hint === '' ? null : field.hint;
}

/** A path of Windows, in which a backslash has begun an escape. */
function escaped(field: Field, value: string): Wording | null {
  const path = [...value].map(letter => ESCAPED[letter] ?? letter).join('');
  return path === value
    ? null
    : {
        message: `\`${field.name}\`: a backslash in ${shown(value)} begins an escape.`,
        fix: `Write ${field.name} = '${path}', in single quotes.`
      };
}

/** A value as Python's `str` has it. */
export function pythonText(value: unknown): string {
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  return typeof value === 'string' ? value : written(value);
}
