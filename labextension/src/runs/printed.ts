/** What a cell has printed after its page was reloaded, and where it goes among the outputs. */

import type { Text } from '../kernel/protocol.js';
import type { ShownOutput } from './stale.js';
import { runOf } from './stale.js';

/**
 * The text that the outputs of a cell do not have yet.
 * @param outputs All outputs of the cell. What stands above those of the run was printed before it.
 * @param texts What was printed from the start of the run on; the oldest of it may be missing.
 */
export function missingTexts(
  outputs: readonly ShownOutput[],
  run: string,
  texts: readonly Text[]
): Text[] {
  const after = outputs.slice(outputs.map(runOf).lastIndexOf(run) + 1);
  const shown = merged(texts);
  const left: Record<string, number> = {};
  for (const name of new Set(shown.map(text => text.name))) {
    const saved = after.filter(output => output['output_type'] === 'stream' && output['name'] === name);
    left[name] = overlap(joined(saved.map(textOf)), joined(textsOf(shown, name)));
  }
  return shown.flatMap(({ name, text }) => {
    const known = Math.min(left[name]!, text.length);
    left[name]! -= known;
    return known < text.length ? [{ name, text: text.slice(known) }] : [];
  });
}

/** How many characters of the start of `text` are the end of `saved`. */
function overlap(saved: string, text: string): number {
  for (let length = Math.min(saved.length, text.length); length > 0; length -= 1) {
    if (saved.endsWith(text.slice(0, length))) {
      return length;
    }
  }
  return 0;
}

/** Texts of one stream that follow each other as one, as a page shows them: without lines that were overwritten. */
function merged(texts: readonly Text[]): Text[] {
  const result: Text[] = [];
  for (const { name, text } of texts) {
    const last = result.at(-1);
    if (last?.name === name) {
      last.text += text;
    } else {
      result.push({ name, text });
    }
  }
  return result.map(({ name, text }) => ({ name, text: withoutOverwritten(text) }));
}

const withoutOverwritten = (text: string): string =>
  text.replace(/\r+\n/g, '\n').replace(/^[^\n]*\r(?=[^\n])/gm, '');

const textsOf = (texts: readonly Text[], name: string): string[] =>
  texts.filter(one => one.name === name).map(one => one.text);

const textOf = ({ text }: ShownOutput): string =>
  Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : '';

const joined = (texts: readonly string[]): string => texts.join('');
