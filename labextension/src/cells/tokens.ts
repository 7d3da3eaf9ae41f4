/** Tokenizes a cell: the magic line by its options, the body with CodeMirror's TOML mode. */

import { StringStream } from '@codemirror/language';
import type { StreamParser } from '@codemirror/language';
import { toml } from '@codemirror/legacy-modes/mode/toml';

export type Kind =
  | 'atom'
  | 'bracket'
  | 'comment'
  | 'key'
  | 'magic'
  | 'number'
  | 'option'
  | 'plain'
  | 'string'
  | 'table';

/** A part of one line, in UTF-16 units, without surrounding white space. */
export interface Token {
  from: number;
  to: number;
  kind: Kind;
}

/** State of the TOML mode at the end of a line. */
export interface State {
  inString: boolean;
  stringType: string;
  lhs: boolean;
  inArray: number;
}

const MODE = toml as StreamParser<State>;
const KINDS: Record<string, Kind> = {
  atom: 'atom',
  bracket: 'bracket',
  comment: 'comment',
  property: 'key',
  string: 'string'
};

// The mode splits 3e-4 and 1_000 into several numbers.
const DECIMAL = /\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d[\d_]*)?/;
const OTHERS = /0x[\da-f_]+|0o[0-7_]+|0b[01_]+|inf|nan/;
const NUMBER = new RegExp(`^[+-]?(?:${OTHERS.source}|${DECIMAL.source})(?![\\w.])`, 'i');

export function startState(): State {
  return { inString: false, stringType: '', lhs: true, inArray: 0 };
}

/** The tokens of one line of the body; updates `state` for the next line. */
export function bodyTokens(line: string, state: State): Token[] {
  if (state.inString && state.stringType.length === 1) {
    state.inString = false; // a quotation mark is missing; only triple-quoted strings span lines
  }
  const tokens: Token[] = [];
  const stream = new StringStream(line, 4, 2);
  while (!stream.eol()) {
    stream.start = stream.pos;
    const kind = next(stream, state);
    if (stream.pos === stream.start) {
      stream.next();
    }
    push(tokens, { from: stream.start, to: stream.pos, kind }, line);
  }
  return tokens;
}

/** The tokens of the line that starts with `%%finetune`. */
export function magicTokens(line: string): Token[] {
  return [...line.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(match => ({
    from: match.index,
    to: match.index + match[0].length,
    kind: magicKind(match[0])
  }));
}

function magicKind(word: string): Kind {
  if (word.startsWith('%%')) {
    return 'magic';
  }
  return word.startsWith('-') ? 'option' : /^["']/.test(word) ? 'string' : 'plain';
}

function next(stream: StringStream, state: State): Kind {
  if (!state.inString && !state.lhs && stream.match(NUMBER)) {
    return 'number';
  }
  const style = MODE.token(stream, state);
  if (style === 'atom' && stream.string[stream.start] === '[') {
    return 'table';
  }
  return (style === null ? undefined : KINDS[style]) ?? 'plain';
}

/** Add a token without the white space around it; adjacent tokens of one kind are joined. */
function push(tokens: Token[], token: Token, line: string): void {
  const text = line.slice(token.from, token.to);
  const from = token.from + text.length - text.trimStart().length;
  const to = token.to - (text.length - text.trimEnd().length);
  if (from >= to) {
    return;
  }
  const last = tokens[tokens.length - 1];
  if (last !== undefined && last.kind === token.kind && last.to === from) {
    last.to = to;
  } else {
    tokens.push({ from, to, kind: token.kind });
  }
}
