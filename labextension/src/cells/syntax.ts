/** The TOML of a cell in the browser, read as the kernel reads it: values, and syntax errors. */

import { parse } from 'smol-toml';

import type { Problem } from '../kernel/protocol';
import type { Part } from './scan.js';
import { errorOf, scan } from './scan.js';

const MOST_SYNTAX_ERRORS = 20;

export interface Document {
  /** Whole numbers as `bigint`, others as `number`: to TOML 3 and 3.0 are not the same. */
  values: Record<string, unknown>;
  /** Syntax errors, their lines counted from 1; what stands in these is not in `values`. */
  problems: Problem[];
}

/** Read a text; never throws, whatever it is. */
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
      return { values, problems: problems.slice(0, MOST_SYNTAX_ERRORS) };
    }
    const at = parts.filter(part => part.start < error.line).length - 1;
    const wrong = parts[at];
    if (wrong === undefined) {
      return { values: {}, problems };
    }
    problems.push(second(wrong));
    parts.splice(at, below(parts, at) - at);
  }
}

/** The problem with a statement about a key that another has settled. */
function second({ path, start }: Part): Problem {
  return {
    line: start + 1,
    key: path[0] ?? null,
    message: `Duplicate key \`${path.join('.')}\`.`,
    fix: 'Keep one of the two.'
  };
}

/** The place of the next statement that is not part of this one; a table is one with its header. */
function below(parts: Part[], at: number): number {
  const next = parts.findIndex(
    (part, place) => place > at && (part.isHeader || !parts[at]?.isHeader)
  );
  return next < 0 ? parts.length : next;
}
