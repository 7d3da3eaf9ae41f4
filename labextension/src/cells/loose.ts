/** Converts values in the style of Python, YAML or with a decimal comma to TOML. */

import { parse } from 'smol-toml';

import { tomlFloat } from './toml.js';

const THOUSANDS = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ITEM = /\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^,"'[\]{}]+?)\s*(?:,|$)/y;

/**
 * Convert a text to a TOML value, quoted only where necessary; null if its meaning is not
 * obvious.
 */
export function looseValue(text: string): string | null {
  let value = text.trim();
  if (isValue(value)) {
    return value;
  }
  if (!/^[[{]/.test(value)) {
    value = value.replace(/,$/, '').trimEnd();
  }
  const number = looseNumber(value);
  if (number !== null) {
    return number;
  }
  const word = value.toLowerCase();
  if (word === 'true' || word === 'false') {
    return word;
  }
  if (word === 'none' || word === 'null' || word === '~') {
    return '"none"';
  }
  if (value.startsWith('[') && value.endsWith(']')) {
    return looseList(value.slice(1, -1));
  }
  if (isValue(value)) {
    return value;
  }
  return /^[^"'[{|>&*!]/.test(value) ? JSON.stringify(value) : null;
}

/** Whether a text is exactly one TOML value. */
function isValue(text: string): boolean {
  try {
    const keys = Object.keys(parse(`x = ${text}\n`, { integersAsBigInt: true }));
    return keys.join() === 'x' && !text.replace(/"[^"]*"|'[^']*'/g, '').includes('#');
  } catch {
    return false;
  }
}

/** Convert a text to a TOML number; null if it is not a number. */
export function looseNumber(text: string): string | null {
  let number = text.trim();
  if (THOUSANDS.test(number)) {
    number = number.replaceAll(',', '');
  } else if (DECIMAL_COMMA.test(number)) {
    number = number.replace(',', '.');
  }
  if (!NUMBER.test(number)) {
    return null;
  }
  if (isValue(number)) {
    return number;
  }
  return /[.eE]/.test(number) ? tomlFloat(Number(number)) : String(BigInt(number));
}

/** Convert the content of a list; null for nested lists. */
function looseList(inside: string): string | null {
  const items: string[] = [];
  ITEM.lastIndex = 0;
  for (let at = 0; inside.slice(at).trim() !== ''; at = ITEM.lastIndex) {
    const item = ITEM.exec(inside);
    const value = looseValue(item?.[1] ?? '');
    if (item === null || value === null) {
      return null;
    }
    items.push(value);
  }
  return `[${items.join(', ')}]`;
}
