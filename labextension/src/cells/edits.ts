/** Finds what the fix of a problem changes in the text of a cell. */

import { magicOf } from '../common/magic.js';
import type { Problem } from '../kernel/protocol';
import type { Change } from './merge.js';
import { bodyLines } from './statements.js';
import type { BodyLine } from './statements.js';
import { magicTokens } from './tokens.js';
import type { Token } from './tokens.js';

/** A token with its text, at an offset into the cell. */
interface Word {
  from: number;
  text: string;
}

/** The change that a fix describes; null if there is none, or if the text is no longer what it was. */
export function changeOf(text: string, { edit, line, key }: Problem): Change | null {
  if (!edit || line === null) {
    return null;
  }
  const lines = bodyLines(text);
  const first = lines.find(one => one.line + 1 === line && !one.continues);
  const statement = first?.statement ?? null;
  const replace = (from: number, to: number, insert = edit.text): Change => ({ from, to, insert });
  if (edit.part === 'word') {
    const words = statement === null ? optionsOf(text, line) : wordsOf(lines, statement, statement.valueFrom);
    const word = words.find(one => one.text === edit.old || unquoted(one.text) === edit.old);
    return word ? replace(word.from, word.from + word.text.length) : null;
  }
  if (first === undefined || statement === null || (key !== null && statement.key !== key)) {
    return edit.part === 'line' && first?.text.trim() ? replaceLine(first, edit.text) : null;
  }
  if (edit.part === 'key') {
    return replace(statement.keyFrom, statement.keyTo);
  }
  if (edit.part === 'value' && statement.valueFrom >= 0) {
    return replace(statement.valueFrom, statement.valueTo);
  }
  const whole = edit.part === 'value' ? `${statement.key} = ${edit.text}` : edit.text;
  return statement.valueFrom >= 0
    ? replace(statement.keyFrom, statement.valueTo, whole)
    : replaceLine(first, whole);
}

/** Replace a line but its indentation and its comment. */
function replaceLine({ from, text, tokens }: BodyLine, insert: string): Change {
  const comment = tokens.find(token => token.kind === 'comment');
  const end = (comment ? text.slice(0, comment.from) : text).trimEnd().length;
  return { from: from + text.length - text.trimStart().length, to: from + end, insert };
}

/** The tokens of a value. */
function wordsOf(lines: readonly BodyLine[], statement: BodyLine['statement'], valueFrom: number): Word[] {
  return lines
    .filter(line => line.statement === statement)
    .flatMap(line => line.tokens.map(token => wordOf(token, line.text, line.from)))
    .filter(word => valueFrom >= 0 && word.from >= valueFrom);
}

/** The words of the magic line. */
function optionsOf(text: string, line: number): Word[] {
  const magic = magicOf(text);
  if (magic === null || magic.line + 1 !== line) {
    return [];
  }
  const from = text.lastIndexOf('\n', magic.from) + 1;
  const content = text.slice(from).split('\n')[0] ?? '';
  return magicTokens(content).map(token => wordOf(token, content, from));
}

const wordOf = (token: Token, line: string, from: number): Word => ({
  from: from + token.from,
  text: line.slice(token.from, token.to)
});

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, '$2');
