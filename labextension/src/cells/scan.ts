/** Splits a TOML text into statements and syntax errors. */

import { TomlError, parse } from 'smol-toml';

import type { Problem } from '../kernel/protocol';
import { fixOf } from './broken.js';

const PART = /(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')/.source;
const PATH = `${PART}(?:[ \\t]*\\.[ \\t]*${PART})*`;
const KEY = new RegExp(`^\\s*(${PATH})[ \\t]*=`);
const HEADER = new RegExp(`^\\s*\\[\\[?[ \\t]*(${PATH})[ \\t]*\\]`);
const BEGINS = new RegExp(`^\\s*(?:(?!\\d)${PATH}[ \\t]*=|\\[\\[?[ \\t]*[A-Za-z_])`);
const CLOSING: [string, string][] = [
  ['"""', '"""'],
  ["'''", "'''"],
  ['[', ']']
];

/** A key with its value, or the header of a table. */
export interface Part {
  /** Its first line, from 0. */
  start: number;
  /** The line after its last. */
  end: number;
  /** Its full key, including that of the table around it. */
  path: string[];
  isHeader: boolean;
}

/** The valid statements, and the problems of the other lines, counted from 1. */
export function scan(lines: string[]): { parts: Part[]; problems: Problem[] } {
  const parts: Part[] = [];
  const problems: Problem[] = [];
  let table: string[] = [];
  for (let start = 0, end = 0; start < lines.length; start = end) {
    const found = endOf(lines, start);
    end = found.end;
    const line = lines[start] ?? '';
    const header = HEADER.exec(line)?.[1];
    const key = KEY.exec(line)?.[1];
    if (found.problem !== null) {
      problems.push(found.problem);
    } else if (header !== undefined) {
      table = pathOf(header);
      parts.push({ start, end, path: table, isHeader: true });
    } else if (key !== undefined) {
      parts.push({ start, end, path: [...table, ...pathOf(key)], isHeader: false });
    }
  }
  return { parts, problems };
}

/** The syntax error of a text; null if it is valid TOML. */
export function errorOf(text: string): TomlError | null {
  try {
    parse(text, { integersAsBigInt: true });
    return null;
  } catch (error) {
    if (error instanceof TomlError) {
      return error;
    }
    throw error;
  }
}

/** The line after the statement, blank line or invalid lines at `start`, and their problem. */
function endOf(lines: string[], start: number): { end: number; problem: Problem | null } {
  for (let end = start + 1; ; end++) {
    const text = lines.slice(start, end).join('\n');
    const error = errorOf(text);
    if (error === null) {
      return { end, problem: null };
    }
    const isUnfinished = isOpen(text, error);
    if (isUnfinished && end < lines.length) {
      continue;
    }
    if (!isUnfinished && end === start + 1) {
      return { end, problem: broken(error, lines, start) };
    }
    const next = lines.findIndex((line, at) => at > start && BEGINS.test(line));
    const after = next < 0 ? lines.length : next;
    const isUnclosed = isUnfinished || after < end;
    return { end: after, problem: isUnclosed ? unclosed(lines, start) : broken(error, lines, start) };
  }
}

/** Whether a statement is valid so far, but incomplete. */
function isOpen(text: string, error: TomlError): boolean {
  if (closingOf(text) === null) {
    return false;
  }
  const lines = text.split('\n').slice(error.line - 1);
  const rest = lines.join('\n').slice(error.column - 1);
  const what = error.message.split('\n')[0] ?? '';
  if (what.endsWith('cannot find end of structure')) {
    return errorOf(`x = ${rest || 0}`) === null; // raised before the item itself is parsed
  }
  return (
    what.endsWith('unfinished array encountered') ||
    (what.endsWith('unfinished string') && /^(?:"""|''')/.test(rest)) ||
    (what.endsWith('expected comma or end of structure') && rest.trim() === '')
  );
}

function closingOf(statement: string): string | null {
  const value = statement.slice(KEY.exec(statement)?.[0].length ?? statement.length).trim();
  return CLOSING.find(([opening]) => value.startsWith(opening))?.[1] ?? null;
}

function broken(error: TomlError, lines: string[], start: number): Problem {
  const what = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
  const line = Math.min(start + error.line, lines.length);
  return {
    line,
    key: null,
    message: `Invalid TOML: ${what} (column ${error.column}).`,
    fix: fixOf(lines[line - 1] ?? '')
  };
}

function unclosed(lines: string[], start: number): Problem {
  return {
    line: start + 1,
    key: null,
    message: 'Invalid TOML: this value is not closed.',
    fix: `A closing \`${closingOf(lines[start] ?? '')}\` is missing.`
  };
}

function pathOf(keys: string): string[] {
  const parts = keys.match(new RegExp(PART, 'g')) ?? [];
  return parts.flatMap(part => Object.keys(parse(`${part} = 0`)));
}
