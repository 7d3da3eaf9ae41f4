/** The statements of a cell: positions of keys and values, even if the text is invalid. */

import { magicOf } from '../common/magic.js';
import { bodyTokens, startState } from './tokens.js';
import type { State, Token } from './tokens.js';

/** One `key = value`; offsets into the text of the cell. */
export interface Statement {
  key: string;
  /** Its first line, from 0. */
  line: number;
  keyFrom: number;
  keyTo: number;
  /** The value; -1 if there is none yet. */
  valueFrom: number;
  valueTo: number;
}

/** One line of the body. */
export interface BodyLine {
  /** From 0, in the cell. */
  line: number;
  /** Offset of its beginning in the cell. */
  from: number;
  text: string;
  tokens: Token[];
  /** The statement that begins or continues in it, or null. */
  statement: Statement | null;
  /** Whether it begins within the value of that statement. */
  continues: boolean;
}

/** The lines of the body of a fine-tune cell, with their statements. */
export function bodyLines(text: string): BodyLine[] {
  const magic = magicOf(text);
  if (magic === null) {
    return [];
  }
  const lines: BodyLine[] = [];
  const state = startState();
  let from = 0;
  let statement: Statement | null = null;
  for (const [line, content] of text.split('\n').entries()) {
    if (line > magic.line) {
      const continues = isOpen(state);
      const tokens = bodyTokens(content, state);
      if (!continues) {
        statement = readStatement(content, tokens, line, from);
      } else if (statement !== null) {
        extendValue(statement, tokens, from);
      }
      lines.push({ line, from, text: content, tokens, statement, continues });
    }
    from += content.length + 1;
  }
  return lines;
}

/** The statements of a fine-tune cell, in order. */
export function statements(text: string): Statement[] {
  return bodyLines(text).flatMap(line =>
    line.continues || line.statement === null ? [] : [line.statement]
  );
}

function isOpen(state: State): boolean {
  return state.inArray > 0 || (state.inString && state.stringType.length === 3);
}

function readStatement(text: string, tokens: Token[], line: number, from: number): Statement | null {
  const key = tokens[0];
  if (key === undefined || key.kind !== 'key') {
    return null;
  }
  const word = /^[\w.-]+/.exec(text.slice(key.from, key.to))?.[0] ?? text.slice(key.from, key.to);
  const found: Statement = {
    key: word.replace(/^["']|["']$/g, ''),
    line,
    keyFrom: from + key.from,
    keyTo: from + key.from + word.length,
    valueFrom: -1,
    valueTo: -1
  };
  const equals = /^\s*=\s*/.exec(text.slice(key.from + word.length));
  if (equals !== null) {
    const start = key.from + word.length + equals[0].length;
    extendValue(
      found,
      tokens.filter(token => token.from >= start),
      from
    );
  }
  return found;
}

function extendValue(statement: Statement, tokens: Token[], from: number): void {
  const value = tokens.filter(token => token.kind !== 'comment');
  const first = value[0];
  const last = value[value.length - 1];
  if (first !== undefined && last !== undefined) {
    statement.valueFrom = statement.valueFrom < 0 ? from + first.from : statement.valueFrom;
    statement.valueTo = from + last.to;
  }
}
