/** The TOML of a cell in the browser: its values, and every syntax error, not just the first. */

import { TomlError, parse } from 'smol-toml';

import type { Problem } from '../kernel/protocol';

const MOST_SYNTAX_ERRORS = 20;
const YAML = /^\s*([A-Za-z_]\w*)\s*:\s*(.+)$/;
const BARE = /^\s*([A-Za-z_]\w*)\s*=\s*([^\s"'[{#][^#]*?)\s*(#.*)?$/;

export interface Document {
  /** Whole numbers as `bigint`, others as `number`: to TOML 3 and 3.0 are not the same. */
  values: Record<string, unknown>;
  /** Syntax errors, their lines counted from 1; what stands in these is not in `values`. */
  problems: Problem[];
}

/** Read a text; never throws, whatever it is. */
export function readToml(text: string): Document {
  const lines = text.split('\n');
  const problems: Problem[] = [];
  while (problems.length < MOST_SYNTAX_ERRORS) {
    try {
      return { values: parse(lines.join('\n'), { integersAsBigInt: true }), problems };
    } catch (error) {
      if (!(error instanceof TomlError)) {
        throw error;
      }
      const line = Math.min(error.line, lines.length);
      const content = lines[line - 1] ?? '';
      problems.push(problemOf(error, line, content));
      if (content.trim() === '') {
        break; // not a mistake within one line: what else is there cannot be told
      }
      lines[line - 1] = '';
    }
  }
  return { values: {}, problems };
}

function problemOf(error: TomlError, line: number, content: string): Problem {
  const what = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
  return {
    line,
    key: null,
    message: `this is no TOML: ${what} (column ${error.column}).`,
    fix: fixOf(content)
  };
}

function fixOf(line: string): string | null {
  const yaml = YAML.exec(line);
  if (yaml !== null) {
    const value = quoted((yaml[2] ?? '').trim());
    return `Write \`${yaml[1]} = ${value}\`: TOML has \`=\`, and texts in quotes.`;
  }
  const bare = BARE.exec(line);
  if (bare !== null) {
    return `Write \`${bare[1]} = ${quoted(bare[2] ?? '')}\`.`;
  }
  return (line.match(/"/g)?.length ?? 0) % 2 === 1 ? 'A quotation mark is missing.' : null;
}

/** A value in TOML, written as somebody used to Python or YAML would. */
function quoted(value: string): string {
  const lowered = value.toLowerCase();
  if (lowered === 'true' || lowered === 'false') {
    return lowered;
  }
  if (lowered === 'none' || lowered === 'null' || lowered === '~') {
    return '"none"';
  }
  return Number.isFinite(Number(value)) || /^["'[{]/.test(value) ? value : `"${value}"`;
}
