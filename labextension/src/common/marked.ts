/** Text in which pieces are marked, such as the tokens that a model learns. */

import { make } from './dom.js';

/** A piece of a text: the text, what it is marked with ("" if it is not marked), and whether that is wrong. */
export interface Piece {
  text: string;
  label: string;
  wrong: boolean;
}

/** A line of text; what is wrong is also said by the label, not by the color alone. */
export function markedLine(line: readonly Piece[]): HTMLElement {
  return make('p', {}, ...line.map(piece));
}

function piece({ text, label, wrong }: Piece): Node | string {
  return label ? make('mark', wrong ? { class: 'jp-mod-wrong' } : {}, text, make('small', {}, ` ${label}`)) : text;
}
