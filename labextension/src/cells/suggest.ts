/** Suggests completions at the cursor in a fine-tune cell. */

import { magicOf } from '../common/magic.js';
import type { CellSchema, Key, Option } from './schema.js';
import { bodyLines } from './statements.js';
import type { BodyLine } from './statements.js';

export interface Suggestion {
  label: string;
  insert: string;
  kind: 'key' | 'option' | 'value' | 'variable';
  help: string;
}

/** Suggestions for the text between two offsets. */
export interface Suggestions {
  from: number;
  to: number;
  items: Suggestion[];
  /** Whether variables of the notebook are allowed, too, as "$name". */
  variables: boolean;
}

const KEY = /^\s*([A-Za-z_][\w-]*)?$/;
const VALUE = /^\s*([A-Za-z_][\w-]*)\s*=\s*(.*)$/s;

/**
 * Suggestions at `offset`; null if there are none.
 *
 * @param isTyping Whether they come up by themselves while the user types: then there are none for an empty word, for one
 *   that is complete, and for a number, since Enter would take them.
 */
export function suggest(text: string, offset: number, schema: CellSchema, isTyping = false): Suggestions | null {
  const found = suggestions(text, offset, schema);
  if (!found || !isTyping) {
    return found;
  }
  const word = text.slice(found.from, offset);
  const items = found.items.filter(one => !/^-?[\d.]/.test(one.insert));
  const isComplete = items.some(one => one.label === word);
  const variables = found.variables && word.includes('$');
  return word === '' || isComplete || (items.length === 0 && !variables) ? null : { ...found, items, variables };
}

function suggestions(text: string, offset: number, schema: CellSchema): Suggestions | null {
  const magic = magicOf(text);
  if (magic === null || offset <= magic.to) {
    return null;
  }
  const lines = bodyLines(text);
  const line = lines.find(one => offset >= one.from && offset <= one.from + one.text.length);
  if (line === undefined) {
    return options(text, offset, schema);
  }
  const inLine = offset - line.from;
  if (line.tokens.some(token => token.kind === 'comment' && token.from < inLine)) {
    return null;
  }
  const before = line.text.slice(0, inLine);
  if (!line.continues && KEY.test(before)) {
    return keys(before.trimStart(), offset, line, lines, schema);
  }
  const given = line.continues ? before : VALUE.exec(before)?.[2];
  const key = schema.keys.get(line.statement?.key ?? '');
  if (given === undefined || key === undefined) {
    return null;
  }
  return values(given, offset, line, text, key);
}

function options(text: string, offset: number, schema: CellSchema): Suggestions | null {
  const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const word = /\S*$/.exec(before)?.[0] ?? '';
  if (word !== '' && !word.startsWith('-')) {
    return null;
  }
  const end = text.indexOf('\n', offset);
  const given = text.slice(0, end < 0 ? text.length : end).split(/\s+/);
  const items = schema.options
    .filter(
      option =>
        option.name.startsWith(word) && (option.name === word || !given.includes(option.name))
    )
    .map(option => ({
      label: option.name,
      insert: optionInsert(option),
      kind: 'option' as const,
      help: optionHelp(option)
    }));
  return items.length === 0
    ? null
    : { from: offset - word.length, to: offset, items, variables: false };
}

function optionInsert(option: Option): string {
  return option.value === '' ? option.name : `${option.name} `;
}

function optionHelp(option: Option): string {
  return `${option.name} ${option.value}`.trimEnd() + `\n\n${option.help}`;
}

function keys(
  word: string,
  offset: number,
  line: BodyLine,
  lines: BodyLine[],
  schema: CellSchema
): Suggestions | null {
  const taken = new Set(lines.filter(one => one !== line).map(one => one.statement?.key));
  const free = [...schema.keys.values()].filter(key => !taken.has(key.name));
  const begin = free.filter(key => key.name.startsWith(word));
  const meant = schema.otherNames.get(word);
  const found =
    begin.length > 0 ? begin : free.filter(key => key.name.includes(word) || key.name === meant);
  const hasValue = /^[\w-]*\s*=/.test(line.text.slice(offset - line.from));
  const items = found.map(key => ({
    label: key.name,
    insert: hasValue ? key.name : `${key.name} = `,
    kind: 'key' as const,
    help: keyHelp(key)
  }));
  return items.length === 0
    ? null
    : { from: offset - word.length, to: offset, items, variables: false };
}

/** Help of a key: its purpose, the values that it takes, and its default. */
export function keyHelp(key: Key): string {
  const takes = key.allowed === '' ? '' : `Takes ${key.allowed}.`;
  const initial = key.initial === '' ? '' : `Default: ${key.initial}`;
  return [key.help, [takes, initial].filter(Boolean).join('\n')].filter(Boolean).join('\n\n');
}

function values(
  given: string,
  offset: number,
  line: BodyLine,
  text: string,
  key: Key
): Suggestions | null {
  const inList = line.continues || given.startsWith('[');
  const word = (inList ? /[^,[\]]*$/ : /.*$/s).exec(given)?.[0].trimStart() ?? '';
  if (inList && /\]\s*$/.test(given)) {
    return null;
  }
  const statement = line.statement;
  const inside =
    inList && statement !== null ? text.slice(statement.valueFrom, statement.valueTo) : '';
  const others = new Set(inside.match(/"[^"]*"/g)?.filter(one => one !== word) ?? []);
  const bare = word.replace(/^["']/, '').toLowerCase();
  const offered =
    key.values.length > 0 || key.initial === '' || inList ? key.values : [key.initial];
  const items = offered
    .filter(value => value.replace(/^"/, '').toLowerCase().startsWith(bare) && !others.has(value))
    .map(value => ({
      label: value,
      insert: key.list && !inList && value !== '"none"' ? `[${value}]` : value,
      kind: 'value' as const,
      help: keyHelp(key)
    }));
  // A closing quotation mark that the editor inserted after the cursor belongs to the value.
  const to = /^["']/.test(word) && text[offset] === word[0] ? offset + 1 : offset;
  const variables = /^"?\$?\w*$/.test(word);
  return items.length === 0 && !variables
    ? null
    : { from: offset - word.length, to, items, variables };
}
