/** Values as somebody used to Python, to YAML or to a decimal comma writes them, in TOML. */

import { parse } from 'smol-toml';

const THOUSANDS = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ITEM = /\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^,"'[\]{}]+?)\s*(?:,|$)/y;
const SMALLEST_IN_DIGITS = 1e-3;
const LARGEST_IN_DIGITS = 1e16;

/**
 * The value that a text means, as TOML writes it, in quotes only where it needs them; null where
 * that is not plain.
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

/** Whether a text is a value as TOML writes it, and nothing more. */
function isValue(text: string): boolean {
  try {
    const keys = Object.keys(parse(`x = ${text}\n`, { integersAsBigInt: true }));
    return keys.join() === 'x' && !text.replace(/"[^"]*"|'[^']*'/g, '').includes('#');
  } catch {
    return false;
  }
}

/** The number that a text means, as TOML writes it; null where it means none. */
function looseNumber(text: string): string | null {
  let number = text;
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

/** A number with a fraction, with every digit that it has and no more: 5e-5, 0.01, 5.0. */
export function tomlFloat(value: number): string {
  const size = Math.abs(value);
  if (size >= LARGEST_IN_DIGITS || (size > 0 && size < SMALLEST_IN_DIGITS)) {
    return value.toExponential().replace('e+', 'e');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A list from what stands between its brackets; lists in lists are not plain. */
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
