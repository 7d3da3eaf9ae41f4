/** Reads the TOML of a cell as the kernel does: values and syntax errors. */

import { parse } from 'smol-toml';

import type { Problem } from '../kernel/protocol';
import type { Part } from './scan.js';
import { errorOf, scan } from './scan.js';

const MAX_SYNTAX_ERRORS = 20;

export interface Document {
  /** Integers as `bigint`, floats as `number`: TOML distinguishes 3 and 3.0. */
  values: Record<string, unknown>;
  /** Syntax errors, with lines from 1; `values` does not include these lines. */
  problems: Problem[];
}

/** Read a text; never throws. */
export function readToml(text: string): Document {
  const lines = text.split('\n');
  const { parts, problems } = scan(lines);
  for (;;) {
    const kept = lines.map(() => '');
    for (const { start, end } of parts) {
      kept.splice(start, end - start, ...lines.slice(start, end));
    }
    const error = errorOf(kept.join('\n'));
    if (error === null) {
      problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
      const values = parse(kept.join('\n'), { integersAsBigInt: true });
      return { values, problems: problems.slice(0, MAX_SYNTAX_ERRORS) };
    }
    const at = parts.filter(part => part.start < error.line).length - 1;
    const wrong = parts[at];
    if (wrong === undefined) {
      return { values: {}, problems };
    }
    problems.push(duplicate(wrong));
    parts.splice(at, nextOutside(parts, at) - at);
  }
}

/** The problem of a statement that repeats a key. */
function duplicate({ path, start }: Part): Problem {
  return {
    line: start + 1,
    key: path[0] ?? null,
    message: `Duplicate key \`${path.join('.')}\`.`,
    fix: 'Keep one of the two.'
  };
}

/** Index of the next statement outside of this one; a header includes its table. */
function nextOutside(parts: Part[], at: number): number {
  const next = parts.findIndex(
    (part, place) => place > at && (part.isHeader || !parts[at]?.isHeader)
  );
  return next < 0 ? parts.length : next;
}
