/** Parses the Python that people write in cells: literals, names, calls, and operations of these. */

/** One expression. */
export interface Expression {
  kind: 'constant' | 'name' | 'tuple' | 'list' | 'set' | 'dict' | 'call' | 'operation' | 'other';
  /** As it was written, in one line. */
  source: string;
  /** Its value, as in TOML; null for None; undefined if it has none in TOML. */
  value: unknown;
  /** The items of a tuple, a list or a set. */
  items: Expression[];
  /** The keyword arguments of a call, the entries of a dict. */
  pairs: [string, Expression][];
  /** Whether a variable is named in it. */
  hasNames: boolean;
  /** Whether it calls, subscripts or formats something. */
  isCode: boolean;
}

/** An expression, or one that is assigned to a name. */
export interface PythonStatement {
  target: string | null;
  value: Expression;
}

interface Token {
  text: string;
  from: number;
  to: number;
}

const BLANK = /(?:[ \t\n]|\\\n|#[^\n]*)*/y;
const TOKEN = new RegExp(
  [
    /[rRuUbBfF]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')/,
    /0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/,
    /[\p{L}_][\p{L}\p{N}_]*/u,
    /\.\.\.|\*\*|\/\/|<<|>>|[=!<>]=|[-+*\/%@|&^<>=()[\]{},.:~]/
  ]
    .map(part => part.source)
    .join('|'),
  'yu'
);
const OPERATORS = new Set(
  '+ - * / // % ** @ | & ^ << >> == != <= >= < > and or in is not'.split(' ')
);
const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except ' +
    'finally for from global if import in is lambda nonlocal not or pass raise return try while ' +
    'with yield'
  ).split(' ')
);
const CONSTANTS: Record<string, unknown> = { True: true, False: false, None: null };
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\n': '' };

/** Parse a statement; null if it is none, or one of another kind. */
export function parseStatement(text: string): PythonStatement | null {
  const tokens = tokenize(text);
  if (tokens === null) {
    return null;
  }
  const target = tokens[0]?.text ?? '';
  const isAssignment = tokens[1]?.text === '=' && isName(target);
  const parser = new Parser(text, tokens, isAssignment ? 2 : 0);
  const value = parser.whole();
  return value === null ? null : { target: isAssignment ? target : null, value };
}

/** The literal in a text; a string for any other word. */
export function parseLiteral(text: string): Expression {
  const value = parseStatement(text);
  return value !== null && value.target === null && value.value.value !== undefined
    ? value.value
    : { ...EMPTY, kind: 'constant', source: text, value: text };
}

const EMPTY: Expression = {
  kind: 'other',
  source: '',
  value: undefined,
  items: [],
  pairs: [],
  hasNames: false,
  isCode: false
};

function tokenize(text: string): Token[] | null {
  const tokens: Token[] = [];
  for (let at = skip(text, 0); at < text.length; at = skip(text, at)) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text)?.[0];
    if (!found) {
      return null;
    }
    tokens.push({ text: found, from: at, to: at + found.length });
    at += found.length;
  }
  return tokens;
}

function skip(text: string, from: number): number {
  BLANK.lastIndex = from;
  return from + (BLANK.exec(text)?.[0].length ?? 0);
}

function isName(text: string): boolean {
  return /^[\p{L}_]/u.test(text) && !/["']/.test(text) && !KEYWORDS.has(text);
}

/** Thrown by the parser when the text is no such Python. */
class Unreadable extends Error {}

class Parser {
  constructor(
    private readonly _text: string,
    private readonly _tokens: Token[],
    private _at: number
  ) {}

  /** All of the tokens as one expression; null if they are none. */
  whole(): Expression | null {
    try {
      const value = this._items(undefined);
      return this._at === this._tokens.length ? value : null;
    } catch (error) {
      if (error instanceof Unreadable) {
        return null;
      }
      throw error;
    }
  }

  private get _next(): string | undefined {
    return this._tokens[this._at]?.text;
  }

  private _take(text: string): boolean {
    const isNext = this._next === text;
    this._at += isNext ? 1 : 0;
    return isNext;
  }

  private _expect(text: string): void {
    if (!this._take(text)) {
      throw new Unreadable();
    }
  }

  /** One expression, or a tuple of several, up to the closing token. */
  private _items(closing: string | undefined): Expression {
    const start = this._at;
    const items = [this._operation()];
    let isTuple = false;
    while (this._take(',')) {
      isTuple = true;
      if (this._next === closing) {
        break;
      }
      items.push(this._operation());
    }
    return isTuple ? this._several('tuple', items, start) : items[0]!;
  }

  private _several(kind: 'tuple' | 'list' | 'set', items: Expression[], start: number): Expression {
    const values = items.map(item => item.value);
    const hasValue = !values.includes(undefined);
    return { ...this._made(kind, items, start), items, value: hasValue ? values : undefined };
  }

  /** An expression made of others. */
  private _made(kind: Expression['kind'], parts: Expression[], start: number): Expression {
    const from = this._tokens[start]?.from ?? 0;
    const to = this._tokens[this._at - 1]?.to ?? from;
    return {
      ...EMPTY,
      kind,
      source: this._text.slice(from, to).replace(/\s*\n\s*/g, ' '),
      hasNames: parts.some(part => part.hasNames),
      isCode: parts.some(part => part.isCode)
    };
  }

  private _operation(): Expression {
    const start = this._at;
    const parts = [this._unary()];
    let kind: Expression['kind'] = 'operation';
    while (OPERATORS.has(this._next ?? '')) {
      kind = /^(?:[=!<>]=?|and|or|in|is|not)$/.test(this._next ?? '') ? 'other' : kind;
      this._at += 1;
      parts.push(this._unary());
    }
    return parts.length === 1 ? parts[0]! : this._made(kind, parts, start);
  }

  private _unary(): Expression {
    const start = this._at;
    const sign = this._next ?? '';
    if (!['-', '+', '~', 'not'].includes(sign)) {
      return this._postfix();
    }
    this._at += 1;
    const inner = this._unary();
    const isNumber = typeof inner.value === 'number' || typeof inner.value === 'bigint';
    const value = sign === '-' ? negated(inner.value) : sign === '+' ? inner.value : undefined;
    return { ...this._made('constant', [inner], start), value: isNumber ? value : undefined };
  }

  private _postfix(): Expression {
    const start = this._at;
    let value = this._atom();
    for (;;) {
      if (this._take('.')) {
        if (!isName(this._next ?? '')) {
          throw new Unreadable();
        }
        this._at += 1;
        value = this._made('other', [value], start);
      } else if (this._take('[')) {
        const inner = this._subscript();
        value = { ...this._made('other', [value, inner], start), isCode: true };
      } else if (this._take('(')) {
        const { parts, pairs } = this._arguments();
        value = { ...this._made('call', [value, ...parts], start), pairs, isCode: true };
      } else {
        return value;
      }
    }
  }

  private _subscript(): Expression {
    const start = this._at;
    const parts: Expression[] = [];
    while (this._next !== ']') {
      if (!this._take(':') && !this._take(',')) {
        parts.push(this._operation());
      }
    }
    this._expect(']');
    return this._made('other', parts, start);
  }

  private _arguments(): { parts: Expression[]; pairs: [string, Expression][] } {
    const parts: Expression[] = [];
    const pairs: [string, Expression][] = [];
    while (!this._take(')')) {
      const name = this._next ?? '';
      if (isName(name) && this._tokens[this._at + 1]?.text === '=') {
        this._at += 2;
        const value = this._operation();
        pairs.push([name, value]);
        parts.push(value);
      } else {
        this._take('*') || this._take('**');
        parts.push(this._operation());
      }
      if (this._next !== ')') {
        this._expect(',');
      }
    }
    return { parts, pairs };
  }

  private _atom(): Expression {
    const start = this._at;
    const token = this._next ?? '';
    if (/^[([{]$/.test(token)) {
      this._at += 1;
      return token === '(' ? this._parenthesis(start) : token === '[' ? this._list(start) : this._braces(start);
    }
    if (/["']/.test(token)) {
      return this._string(start);
    }
    this._at += 1;
    if (/^\.?\d/.test(token)) {
      return { ...this._made('constant', [], start), value: numberOf(token) };
    }
    if (Object.hasOwn(CONSTANTS, token)) {
      return { ...this._made('constant', [], start), value: CONSTANTS[token] };
    }
    if (token === '...') {
      return this._made('constant', [], start);
    }
    if (!isName(token)) {
      throw new Unreadable();
    }
    return { ...this._made('name', [], start), hasNames: true };
  }

  private _parenthesis(start: number): Expression {
    if (this._take(')')) {
      return this._several('tuple', [], start);
    }
    const inner = this._items(')');
    this._expect(')');
    const source = this._made('other', [], start).source;
    return inner.kind === 'tuple' ? { ...inner, source } : inner;
  }

  private _list(start: number): Expression {
    const items: Expression[] = [];
    while (!this._take(']')) {
      items.push(this._operation());
      if (this._next !== ']') {
        this._expect(',');
      }
    }
    return this._several('list', items, start);
  }

  /** A dict or a set. */
  private _braces(start: number): Expression {
    const pairs: [string, Expression][] = [];
    const parts: Expression[] = [];
    let isDict = this._next === '}';
    let isText = true;
    while (!this._take('}')) {
      const key = this._operation();
      parts.push(key);
      if (this._take(':')) {
        isDict = true;
        const value = this._operation();
        parts.push(value);
        isText &&= typeof key.value === 'string';
        if (typeof key.value === 'string') {
          pairs.push([key.value, value]);
        }
      }
      if (this._next !== '}') {
        this._expect(',');
      }
    }
    if (!isDict) {
      return this._several('set', parts, start);
    }
    const hasValue = isText && pairs.every(([, value]) => value.value !== undefined);
    const value = Object.fromEntries(pairs.map(([key, one]) => [key, one.value]));
    return { ...this._made('dict', parts, start), pairs, value: hasValue ? value : undefined };
  }

  private _string(start: number): Expression {
    let value: string | undefined = '';
    let isCode = false;
    while (/["']/.test(this._next ?? '')) {
      const { prefix, content } = stringOf(this._next ?? '');
      isCode ||= prefix.includes('f');
      value = value === undefined || /[bf]/.test(prefix) ? undefined : value + content;
      this._at += 1;
    }
    const kind = isCode ? 'other' : 'constant';
    return { ...this._made(kind, [], start), value, isCode };
  }
}

function negated(value: unknown): unknown {
  return typeof value === 'bigint' || typeof value === 'number' ? -value : undefined;
}

function numberOf(text: string): bigint | number {
  const digits = text.replaceAll('_', '');
  return /^(?:0[xX][\da-fA-F]+|\d+)$/.test(digits) ? BigInt(digits) : Number(digits);
}

function stringOf(token: string): { prefix: string; content: string } {
  const prefix = (/^\w*/.exec(token)?.[0] ?? '').toLowerCase();
  const quoted = token.slice(prefix.length);
  const marks = /^(?:"""|''')/.test(quoted) ? 3 : 1;
  const inner = quoted.slice(marks, -marks);
  const content = prefix.includes('r')
    ? inner
    : inner.replace(/\\([^])/g, (whole, letter: string) =>
        /["'\\]/.test(letter) ? letter : (ESCAPES[letter] ?? whole)
      );
  return { prefix, content };
}
