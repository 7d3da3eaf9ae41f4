/** Syntax highlighting of the magic line and the TOML below it, in place of that for Python. */

import { Prec, RangeSetBuilder } from '@codemirror/state';
import type { Extension, Text } from '@codemirror/state';
import { Decoration, ViewPlugin } from '@codemirror/view';
import type { DecorationSet, EditorView, ViewUpdate } from '@codemirror/view';

import { magicOf } from '../common/magic';
import { bodyTokens, magicTokens, startState } from './tokens';
import type { Kind } from './tokens';

const marks = new Map<Kind, Decoration>();

class Highlight {
  decorations: DecorationSet;

  constructor(view: EditorView) {
    this.decorations = decorate(view.state.doc);
  }

  update(update: ViewUpdate): void {
    if (update.docChanged) {
      this.decorations = decorate(update.state.doc); // 200 lines take about a millisecond
    }
  }
}

/** The innermost decorations determine the colour: those of the highest precedence. */
export function highlight(): Extension {
  return Prec.highest(
    ViewPlugin.fromClass(Highlight, { decorations: plugin => plugin.decorations })
  );
}

function decorate(doc: Text): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const magic = magicOf(doc.toString());
  const state = startState();
  for (let number = (magic?.line ?? doc.lines) + 1; number <= doc.lines; number++) {
    const line = doc.line(number);
    const isMagic = number === (magic?.line ?? -1) + 1;
    for (const { from, to, kind } of isMagic
      ? magicTokens(line.text)
      : bodyTokens(line.text, state)) {
      builder.add(line.from + from, line.from + to, markOf(kind));
    }
  }
  return builder.finish();
}

function markOf(kind: Kind): Decoration {
  const mark = marks.get(kind) ?? Decoration.mark({ class: `jp-nbtrain-token jp-nbtrain-${kind}` });
  marks.set(kind, mark);
  return mark;
}
