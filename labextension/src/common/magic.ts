/** Recognizes fine-tune cells. */

const MAGIC = /^\s*%%finetune(?=\s|$)/;

/** Number of characters of a cell that suffice to recognize it. */
export const PREFIX_LENGTH = 256;

/** Whether a cell that begins with `text` is a fine-tune cell. */
export function isFinetune(text: string): boolean {
  return MAGIC.test(text);
}

/** Position and line (from 0) of the word `%%finetune`; null in other cells. */
export function magicOf(text: string): { from: number; to: number; line: number } | null {
  const match = MAGIC.exec(text);
  if (match === null) {
    return null;
  }
  const to = match[0].length;
  const from = to - match[0].trimStart().length;
  return { from, to, line: text.slice(0, from).split('\n').length - 1 };
}
