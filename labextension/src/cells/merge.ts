/** Merges an edit of the form with what the user typed meanwhile. */

/** `to - from` characters at `from` become `insert`. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

/** The smallest change that turns `before` into `after`; null if they are equal. */
export function changeBetween(before: string, after: string): Change | null {
  if (before === after) {
    return null;
  }
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) {
    start++;
  }
  if (isLowSurrogate(before, start) || isLowSurrogate(after, start)) {
    start--;
  }
  let tail = 0;
  while (
    tail < shorter - start &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  if (tail > 0 && isLowSurrogate(before, before.length - tail)) {
    tail--;
  }
  return { from: start, to: before.length - tail, insert: after.slice(start, after.length - tail) };
}

/**
 * The change that applies the difference between `base` and `theirs` to `current`; null if there is
 * none, or if both changed the same place: then the text of `current` stays.
 */
export function rebased(base: string, theirs: string, current: string): Change | null {
  const wanted = changeBetween(base, theirs);
  const own = changeBetween(base, current);
  if (wanted === null || own === null) {
    return wanted;
  }
  if (wanted.to < own.from) {
    return wanted;
  }
  if (wanted.from > own.to) {
    const shift = current.length - base.length;
    return { ...wanted, from: wanted.from + shift, to: wanted.to + shift };
  }
  return null;
}

function isLowSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff;
}
