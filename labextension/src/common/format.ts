/**
 * Numbers and durations on a page, as `nbtrain/format.py` writes them; `tests/format_cases.json` holds the two together.
 */

/** A value that is not a finite number is missing, or a string: "nan", "inf". */
export type Num = number | string | null | undefined;

/** Shown if there is no value. */
export const MISSING = '-';

const SMALLEST = 1e-3;
const LARGEST = 1e7;
const DECIMALS = 4;

/** What a metric is called: the loss of an evaluation is not that of the training. */
export const metricTitle = (name: string): string => (name === 'loss' ? 'validation loss' : name);

/** A number of things: "3,668". */
export function formatCount(value: number | undefined): string {
  return (value ?? 0).toLocaleString('en-US');
}

/**
 * A metric or a loss: "0.8431", "12.345", "3.2e-5".
 * @param decimals digits after the point
 */
export function formatNumber(value: Num, decimals?: number): string {
  if (typeof value !== 'number') return value ?? MISSING;
  const size = Math.abs(value);
  const digits = decimals ?? decimalsOf(size);
  if (size && (size < SMALLEST || size >= LARGEST || size < 0.5 * 10 ** -digits)) return scientific(value, 3);
  return grouped(value.toFixed(digits));
}

/** The numbers of one table column, with the same digits after the point. */
export function formatColumn(values: readonly Num[]): string[] {
  const sizes = values.map(value => (typeof value === 'number' ? Math.abs(value) : 0));
  const digits = decimalsOf(Math.max(0, ...sizes));
  return values.map(value => formatNumber(value, digits));
}

/**
 * A learning rate or the like as one would type it: "5e-5", "0.01".
 * @param digits significant digits, at most
 */
export function formatHyperparameter(value: Num, digits = 3): string {
  return typeof value === 'number' ? shortest(value, digits) : (value ?? MISSING);
}

/** At most six significant digits, for an axis say: "0.25", "12,000", "5e-5". */
export function formatShort(value: number): string {
  return grouped(shortest(value, 6));
}

/** A column of epochs: whole ones if all are whole, else with two digits. */
export function formatEpochs(values: readonly Num[]): string[] {
  const isWhole = (value: Num) => typeof value !== 'number' || Math.abs(value - Math.round(value)) < 0.005;
  const digits = values.every(isWhole) ? 0 : 2;
  return values.map(value => formatEpoch(value, digits));
}

/** The epochs that are done: "0.78". */
export function formatEpoch(value: Num, digits = 2): string {
  return typeof value === 'number' ? value.toFixed(digits) : MISSING;
}

/** Things per second: "8.25", "82.5", "1,240"; missing if there is none. */
export function formatRate(value: Num): string {
  return typeof value === 'number' && value ? grouped(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)) : MISSING;
}

/** Seconds as 0:07, 12:40 or 3:05:00. */
export function formatDuration(seconds: Num): string {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return MISSING;
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}
function shortest(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  return size && (size < SMALLEST || size >= LARGEST) ? scientific(rounded, digits) : String(rounded);
}

/** At most so many significant digits: "5e-5", "1.25e+9". */
function scientific(value: number, digits: number): string {
  const [mantissa = '', exponent] = value.toExponential(digits - 1).split('e');
  return `${mantissa.replace(/\.?0+$/, '')}e${exponent}`;
}

/** Commas between thousands. */
function grouped(text: string): string {
  return text.includes('e') ? text : text.replace(/^-?\d+/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ','));
}

/** Digits after the point: fewer for large numbers. */
function decimalsOf(size: number): number {
  return Math.max(0, DECIMALS - (size >= 1 ? Math.floor(Math.log10(size)) : 0));
}
