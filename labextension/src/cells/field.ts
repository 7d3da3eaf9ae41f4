/** Checks type and choice of the value of a key, in the words of the kernel's `Field`. */

import type { JSONObject } from '@lumino/coreutils';

import type { Problem } from '../kernel/protocol';
import { closest } from './closest.js';
import { shown, written } from './toml.js';

type Kind = 'bool' | 'int' | 'float' | 'str' | 'list' | 'dict' | 'object';

/** What the values of a key must be. */
export interface Field {
  name: string;
  /** In words. */
  allowed: string;
  kinds: ReadonlySet<string>;
  choices: string[];
  /** Whether it can be "none". */
  optional: boolean;
}

/** What is wrong with a value. */
export type Finding = Pick<Problem, 'message' | 'fix' | 'edit'>;

const NOUNS: Record<Kind, string> = {
  bool: '',
  int: 'the integer ',
  float: 'the number ',
  str: 'the string ',
  list: 'the list ',
  dict: 'the table ',
  object: 'the date '
};

export function readField(name: string, allowed: string, json: JSONObject): Field {
  const words = (part: string): string[] => {
    const found = json[part];
    return Array.isArray(found) ? found.map(String) : [];
  };
  return {
    ...{ name, allowed, kinds: new Set(words('kinds')), choices: words('choices') },
    optional: json['optional'] === true
  };
}

/**
 * What is wrong with a value; null if nothing is. A variable may hold anything.
 *
 * @param given As in TOML: integers as `bigint`, floats as `number`.
 */
export function problemOf(field: Field, given: unknown): Finding | null {
  if ((Array.isArray(given) ? given : [given]).some(isReference) || isNone(field, given)) {
    return null;
  }
  const kind = kindOf(given);
  if (!takes(field, kind)) {
    const got = `${NOUNS[kind]}${kind === 'object' ? '' : shown(given)}`.trim();
    return { message: `\`${field.name}\`: expected ${field.allowed}, got ${got}.`, fix: null, edit: null };
  }
  if (typeof given === 'string' && field.choices.length > 0 && !field.choices.includes(given)) {
    const message = `\`${field.name}\`: expected ${field.allowed}, got ${shown(given)}.`;
    const choice = closest(given, field.choices);
    const edit = { part: 'value' as const, text: written(choice), old: '' };
    return choice === null ? { message, fix: null, edit: null } : { message, fix: `Did you mean \`${choice}\`?`, edit };
  }
  return null;
}

const isReference = (value: unknown): boolean => typeof value === 'string' && value.startsWith('$');

const isNone = (field: Field, value: unknown): boolean =>
  field.optional && typeof value === 'string' && value.toLowerCase() === 'none';

/** Whether a key takes values of a kind; integers are floats, and an object may be written as a table or a list. */
function takes({ kinds }: Field, kind: Kind): boolean {
  const isObject = kinds.has('object') && ['object', 'dict', 'list'].includes(kind);
  return kinds.has(kind) || (kind === 'int' && kinds.has('float')) || isObject;
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
