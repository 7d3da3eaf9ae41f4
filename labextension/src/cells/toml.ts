/** Writes values in TOML, as the kernel does. */

const SMALLEST_IN_DIGITS = 1e-3;
const LARGEST_IN_DIGITS = 1e16;
const BARE_KEY = /^[A-Za-z0-9_-]+$/;
const MAX_SHOWN = 60;

/** A float with all its digits: 5e-5, 0.01, 5.0. */
export function tomlFloat(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  }
  if (size >= LARGEST_IN_DIGITS || (size > 0 && size < SMALLEST_IN_DIGITS)) {
    return value.toExponential().replace('e+', 'e');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A value as TOML; integers are `bigint`, floats `number`. */
export function written(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(written).join(', ')}]`;
  }
  if (value === null) {
    return '"none"';
  }
  if (typeof value === 'number') {
    return tomlFloat(value);
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(
      ([name, part]) => `${BARE_KEY.test(name) ? name : JSON.stringify(name)} = ${written(part)}`
    );
    return `{${entries.join(', ')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** A value as TOML, shortened. */
export function shown(value: unknown): string {
  const letters = [...written(value)];
  return letters.length <= MAX_SHOWN
    ? letters.join('')
    : `${letters.slice(0, MAX_SHOWN - 3).join('')}...`;
}
