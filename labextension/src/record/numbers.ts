/** Numbers as the record's HTML writes them: `nbtrain/views/format.py` in TypeScript. */

import type { Num } from '../kernel/protocol.js';

const SMALLEST = 1e-3;
const LARGEST = 1e7;
const DECIMALS = 4;

export const MISSING = '-';

/** A number of things: "3,668". */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** The numbers of one table column, with the same digits after the point, so that the points stand in a line. */
export function column(values: readonly Num[]): string[] {
  const sizes = values.filter(value => typeof value === 'number').map(Math.abs);
  const digits = decimals(Math.max(0, ...sizes));
  return values.map(value => number(value, digits));
}

/** A metric or a loss with `digits` after the point, or as 3.2e-5 where that would leave nothing of it. */
export function number(value: Num, digits: number): string {
  if (typeof value !== 'number') {
    return value ?? MISSING;
  }
  const size = Math.abs(value);
  if (value !== 0 && (size < SMALLEST || size >= LARGEST || size < 0.5 * 10 ** -digits)) {
    return scientific(value);
  }
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Whole epochs if all are whole, else with two digits after the point. */
export function epochs(values: readonly Num[]): string[] {
  const isWhole = (value: Num): boolean => typeof value !== 'number' || Math.abs(value - Math.round(value)) < 0.005;
  const digits = values.every(isWhole) ? 0 : 2;
  return values.map(value => (typeof value === 'number' ? value.toFixed(digits) : MISSING));
}

/** At most three significant digits: "5e-5", "1.25e+9". */
function scientific(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(2).split('e');
  return `${mantissa.replace(/\.?0+$/, '')}e${exponent}`;
}

function decimals(size: number): number {
  return Math.max(0, DECIMALS - (size >= 1 ? Math.floor(Math.log10(size)) : 0));
}
