/** Corrects lines that are not valid TOML. */

import { looseValue } from './loose.js';

const LINE = /^(?<key>[ \t]*[A-Za-z_]\w*)(?<gap>[ \t]*)(?<sign>[:=])(?<space>[ \t]*)(?<rest>.*)$/;
const QUOTED = /(?<!\w)"(?:[^"\\]|\\.)*"|(?<!\w)'[^']*'/;
const COMMENTS: Record<string, RegExp> = {
  '=': new RegExp(`${QUOTED.source}|(?<comment>[ \\t]*#.*)`, 'g'),
  ':': new RegExp(`${QUOTED.source}|(?<comment>(?:^|[ \\t]+)#.*)`, 'g')
};
const IS_YAML = /^\s*[A-Za-z_]\w*\s*:\s*\S/;

/** A fix for a line that is not valid TOML; null if there is no obvious one. */
export function fixOf(line: string): string | null {
  const meant = correctedLine(line);
  if (meant !== null) {
    const why = meant.isYaml ? ': TOML uses `=`, and strings in quotes.' : '.';
    return `Write \`${meant.line.trim()}\`${why}`;
  }
  if ((line.match(/"/g)?.length ?? 0) % 2 === 1) {
    return 'A quotation mark is missing.';
  }
  return IS_YAML.test(line) ? 'Write `key = value`: TOML uses `=`, and strings in quotes.' : null;
}

/** The line as valid TOML, with its comment; null if there is no obvious correction. */
export function correctedLine(line: string): { line: string; isYaml: boolean } | null {
  const { key, gap, sign, space, rest } = LINE.exec(line)?.groups ?? {};
  if (key === undefined || sign === undefined || rest === undefined) {
    return null;
  }
  const comment = [...rest.matchAll(COMMENTS[sign]!)].find(one => one.groups?.['comment']);
  const given = rest.slice(0, comment?.index);
  const value = given.trim() === '' ? null : looseValue(given);
  if (value === null) {
    return null;
  }
  const isYaml = sign === ':';
  const start = key + (isYaml ? ' = ' : `${gap}=${space}`);
  return { line: start + value + rest.slice(given.trimEnd().length), isYaml };
}
