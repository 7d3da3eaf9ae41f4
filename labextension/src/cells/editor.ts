/** Editor extensions that are active only in fine-tune cells. */

import { Compartment, EditorState } from '@codemirror/state';
import type { Extension, Text } from '@codemirror/state';

import { PREFIX_LENGTH, isFinetune } from '../common/magic';

const NOTHING: Extension = [];

/**
 * Enable `inside` in fine-tune cells only; it is switched when the first word changes.
 *
 * @param source Initial text of the editor.
 */
export function inFinetuneCells(inside: Extension, source: string): Extension {
  const compartment = new Compartment();
  return [
    compartment.of(isFinetune(source.slice(0, PREFIX_LENGTH)) ? inside : NOTHING),
    EditorState.transactionExtender.of(transaction => {
      if (!transaction.docChanged) {
        return null;
      }
      const has = compartment.get(transaction.startState) === inside;
      const wants = isFinetuneDoc(transaction.newDoc);
      return has === wants ? null : { effects: compartment.reconfigure(wants ? inside : NOTHING) };
    })
  ];
}

function isFinetuneDoc(doc: Text): boolean {
  return isFinetune(doc.sliceString(0, PREFIX_LENGTH));
}
