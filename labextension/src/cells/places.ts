/** Locates a problem in the text of a fine-tune cell. */

import { magicOf } from '../common/magic.js';
import type { Problem } from '../kernel/protocol';
import { statements } from './statements.js';

export interface Range {
  from: number;
  to: number;
}

const COLUMN = /\(column (\d+)\)/;

/**
 * The range of the text to underline for a problem, never empty: an unknown key, else the value of
 * its key, else the rest of its line from the column in the message, else the word `%%finetune`.
 *
 * @param isKey Whether there is such a key.
 */
export function placeOf(text: string, problem: Problem, isKey: (key: string) => boolean): Range {
  const magic = magicOf(text) ?? { from: 0, to: Math.min(1, text.length), line: 0 };
  if (problem.line === null) {
    return { from: magic.from, to: magic.to };
  }
  const line = problem.line - 1;
  const statement = statements(text).find(one => one.key === problem.key && one.line === line);
  if (statement !== undefined) {
    const isWhole = statement.valueFrom < 0 || !isKey(statement.key);
    return isWhole
      ? { from: statement.keyFrom, to: statement.keyTo }
      : { from: statement.valueFrom, to: statement.valueTo };
  }
  return lineRange(text, line, problem.message) ?? { from: magic.from, to: magic.to };
}

function lineRange(text: string, line: number, message: string): Range | null {
  const lines = text.split('\n');
  const content = lines[line];
  if (content === undefined || content.trim() === '') {
    return null;
  }
  const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  const column = COLUMN.exec(message)?.[1];
  const end = start + content.trimEnd().length;
  const begin = start + content.length - content.trimStart().length;
  // Columns count characters, offsets UTF-16 units.
  const named =
    column === undefined
      ? begin
      : start + [...content].slice(0, Number(column) - 1).join('').length;
  return { from: named < end ? Math.max(named, begin) : begin, to: end };
}
