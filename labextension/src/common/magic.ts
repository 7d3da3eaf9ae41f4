/** Which cells are fine-tune cells. */

const MAGIC = /^\s*%%finetune(?=\s|$)/;

/** So much of a cell is enough to tell. */
export const ENOUGH = 256;

/** Whether a cell that begins with `text` is a fine-tune cell. */
export function isFinetune(text: string): boolean {
  return MAGIC.test(text);
}

/** Where the word `%%finetune` stands, and which line that is, from 0; null in other cells. */
export function magicOf(text: string): { from: number; to: number; line: number } | null {
  const match = MAGIC.exec(text);
  if (match === null) {
    return null;
  }
  const to = match[0].length;
  const from = to - match[0].trimStart().length;
  return { from, to, line: text.slice(0, from).split('\n').length - 1 };
}
