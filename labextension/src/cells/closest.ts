/** Finds the closest match of a word. */

const MIN_SIMILARITY = 0.6;

/** The closest match of `word` in `choices`, or null if none is similar. */
export function closest(word: string, choices: Iterable<string>): string | null {
  let best: string | null = null;
  let highest = MIN_SIMILARITY;
  for (const choice of choices) {
    const similar = similarity(word.toLowerCase(), choice.toLowerCase());
    if (similar > highest || (similar === highest && best === null)) {
      best = choice;
      highest = similar;
    }
  }
  return best;
}

/** Similarity of two words from 0 to 1: the share of their longest common subsequence. */
function similarity(a: string, b: string): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const letter of a) {
    const next = [0];
    for (let i = 0; i < b.length; i++) {
      const left = next[i] ?? 0;
      const above = row[i + 1] ?? 0;
      next.push(letter === b[i] ? (row[i] ?? 0) + 1 : Math.max(left, above));
    }
    row = next;
  }
  return a.length + b.length === 0 ? 1 : (2 * (row[b.length] ?? 0)) / (a.length + b.length);
}
