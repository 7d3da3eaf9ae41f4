/** What the editor of a cell gets as long as the cell is a fine-tune cell. */

import { Compartment, EditorState } from '@codemirror/state';
import type { Extension, Text } from '@codemirror/state';

import { ENOUGH, isFinetune } from '../common/magic';

const NOTHING: Extension = [];

/**
 * `inside` in fine-tune cells, nothing in all others; it comes and goes with the first word.
 *
 * @param source The text that the editor begins with.
 */
export function inFinetuneCells(inside: Extension, source: string): Extension {
  const compartment = new Compartment();
  return [
    compartment.of(isFinetune(source.slice(0, ENOUGH)) ? inside : NOTHING),
    EditorState.transactionExtender.of(transaction => {
      if (!transaction.docChanged) {
        return null;
      }
      const has = compartment.get(transaction.startState) === inside;
      const wants = begins(transaction.newDoc);
      return has === wants ? null : { effects: compartment.reconfigure(wants ? inside : NOTHING) };
    })
  ];
}

function begins(doc: Text): boolean {
  return isFinetune(doc.sliceString(0, ENOUGH));
}
