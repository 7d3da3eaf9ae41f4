/** The word that was probably meant. */

const ENOUGH_ALIKE = 0.6;

/** The entry of `choices` that `word` was probably meant to be, or null. */
export function closest(word: string, choices: Iterable<string>): string | null {
  let best: string | null = null;
  let most = ENOUGH_ALIKE;
  for (const choice of choices) {
    const alike = likeness(word.toLowerCase(), choice.toLowerCase());
    if (alike > most || (alike === most && best === null)) {
      best = choice;
      most = alike;
    }
  }
  return best;
}

/** From 0 to 1: how much of two words is a common subsequence. */
function likeness(a: string, b: string): number {
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
