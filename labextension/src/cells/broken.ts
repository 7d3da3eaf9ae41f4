/** Corrects lines that are not valid TOML. */

import { looseValue } from './loose.js';

const LINE = /^(?<key>[ \t]*[A-Za-z_]\w*)(?<gap>[ \t]*)(?<sign>[:=])(?<space>[ \t]*)(?<rest>.*)$/;
const QUOTED = /(?<!\w)"(?:[^"\\]|\\.)*"|(?<!\w)'[^']*'/;
const COMMENTS: Record<string, RegExp> = {
  '=': new RegExp(`${QUOTED.source}|(?<comment>[ \\t]*#.*)`, 'g'),
  ':': new RegExp(`${QUOTED.source}|(?<comment>(?:^|[ \\t]+)#.*)`, 'g')
};
const IS_YAML = /^\s*[A-Za-z_]\w*\s*:\s*\S/;

/** A line `key: value` or `key = value` that is not valid TOML. */
export interface BrokenLine {
  key: string;
  /** The text of the value, without the comment. */
  value: string;
  /** The value in TOML; null if it is not obvious. */
  toml: string | null;
  /** The line as valid TOML, with its comment; null if that is not obvious. */
  corrected: string | null;
  isYaml: boolean;
}

/** A fix for a line that is not valid TOML; null if there is no obvious one. */
export function fixOf(line: string): string | null {
  const broken = brokenLine(line);
  if (broken !== null && broken.corrected !== null) {
    const why = broken.isYaml ? ': TOML uses `=`, and strings in quotes.' : '.';
    return `Write \`${broken.corrected.trim()}\`${why}`;
  }
  if ((line.match(/"/g)?.length ?? 0) % 2 === 1) {
    return 'A quotation mark is missing.';
  }
  return IS_YAML.test(line) ? 'Write `key = value`: TOML uses `=`, and strings in quotes.' : null;
}

/** Read an invalid line; null if it has no clear key. */
export function brokenLine(line: string): BrokenLine | null {
  const { key, gap, sign, space, rest } = LINE.exec(line)?.groups ?? {};
  if (key === undefined || sign === undefined || rest === undefined) {
    return null;
  }
  const comment = [...rest.matchAll(COMMENTS[sign]!)].find(one => one.groups?.['comment']);
  const given = rest.slice(0, comment?.index);
  if (given.trim() === '') {
    return null;
  }
  const toml = looseValue(given);
  const isYaml = sign === ':';
  const start = key + (isYaml ? ' = ' : `${gap}=${space}`);
  const corrected = toml === null ? null : start + toml + rest.slice(given.trimEnd().length);
  return { key: key.trim(), value: given.trim(), toml, corrected, isYaml };
}
