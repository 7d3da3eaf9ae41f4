/** Finds the closest match of a word, as Python's `difflib.get_close_matches` does. */

const MIN_SIMILARITY = 0.6;

/** The closest match of `word` in `choices`, ignoring case; null if none is similar. */
export function closest(word: string, choices: Iterable<string>): string | null {
  let best: string | null = null;
  let highest = MIN_SIMILARITY;
  for (const choice of choices) {
    const similar = similarity(choice.toLowerCase(), word.toLowerCase());
    if (similar > highest || (similar === highest && (best === null || choice > best))) {
      best = choice;
      highest = similar;
    }
  }
  return best;
}

/** Similarity of two words from 0 to 1: the share of what matches, from the longest part on. */
function similarity(a: string, b: string): number {
  return a.length + b.length === 0 ? 1 : (2 * matching(a, b)) / (a.length + b.length);
}

/** How many letters match: those of the longest common part, and of what is left and right of it. */
function matching(a: string, b: string): number {
  let [size, inA, inB] = [0, 0, 0];
  let row = new Array<number>(b.length + 1).fill(0);
  for (let i = 0; i < a.length; i++) {
    row = [0, ...[...b].map((letter, j) => (letter === a[i] ? (row[j] ?? 0) + 1 : 0))];
    row.forEach((length, end) => {
      if (length > size) {
        [size, inA, inB] = [length, i + 1 - length, end - length];
      }
    });
  }
  return size === 0
    ? 0
    : size +
        matching(a.slice(0, inA), b.slice(0, inB)) +
        matching(a.slice(inA + size), b.slice(inB + size));
}
